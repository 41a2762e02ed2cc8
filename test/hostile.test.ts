import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'hostile/main.ts');
/** HIGGSFLOW_MUTATIONS=100000 for the long run. */
const COUNT = process.env['HIGGSFLOW_MUTATIONS'] ?? '2400';
const MAX_MS = 5000;
const MAX_MB = 500;

describe('damaged ROOT files', () => {
  it('end in errors of ours or in values, soon and in little memory', { timeout: 3_600_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, '--count', COUNT]);
    const { count, slowest, peakMb, outcomes } = JSON.parse(stdout);
    expect(count).toBe(Number(COUNT));
    expect(slowest.ms, slowest.id).toBeLessThan(MAX_MS);
    expect(peakMb).toBeLessThan(MAX_MB);
    // Damage that changes nothing and damage that is always found would both mean that the files were not really read.
    for (const outcome of ['RootFormatError', 'CodecError', 'UnsupportedError', 'the same values', 'other values'])
      expect(outcomes[outcome], outcome).toBeGreaterThan(0);
  });
});
