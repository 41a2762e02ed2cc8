import * as v from 'valibot';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, StorageError } from '../errors.ts';
import { runService } from './service.ts';
import { setting } from './settings.ts';

const settings = v.object({ PLACE: setting(v.string(), 'where') });
const service = (run: () => Promise<void>) => ({ name: 'thing', purpose: 'does things', settings, run, flags: ['--fast'] });

describe('a service', () => {
  afterEach(() => void vi.restoreAllMocks());
  const quiet = () => ({
    stdout: vi.spyOn(process.stdout, 'write').mockReturnValue(true),
    stderr: vi.spyOn(process.stderr, 'write').mockReturnValue(true),
  });

  it.each([
    ['0 when its work is done', undefined, 0],
    ['78 for what is set wrong', new ConfigError('no such broker'), 78],
    ['75 for what may be better later', new StorageError('no answer'), 75],
    ['1 for what will not', new StorageError('disk full', { retryable: false }), 1],
    ['1 for a bug', new TypeError('x'), 1],
  ])('ends with %s', async (_, error, code) => {
    quiet();
    const run = async () => {
      if (error !== undefined) throw error;
    };
    expect(await runService(service(run), [], { PLACE: 'here' })).toBe(code);
  });

  it('prints its variables when asked, and names all that is wrong with them', async () => {
    const { stdout, stderr } = quiet();
    const run = vi.fn();
    expect(await runService(service(run), ['--help'], {})).toBe(0);
    expect(stdout.mock.calls.join('')).toContain('PLACE  where (required)');
    expect(await runService(service(run), [], {})).toBe(78);
    expect(stderr.mock.calls.join('')).toContain('PLACE is not set');
    expect(await runService(service(run), ['--slow'], { PLACE: 'here' })).toBe(2);
    expect(run).not.toHaveBeenCalled();
    expect(await runService(service(run), ['--fast'], { PLACE: 'here' })).toBe(0);
    expect(run).toHaveBeenCalledWith(expect.objectContaining({ settings: { PLACE: 'here' }, args: ['--fast'] }));
  });

  it('stops with 0 at SIGTERM', async () => {
    const run = async ({ signal }: { signal: AbortSignal }) => {
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 5);
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    };
    quiet();
    expect(await runService({ ...service(async () => {}), run }, [], { PLACE: 'here' })).toBe(0);
  });
});
