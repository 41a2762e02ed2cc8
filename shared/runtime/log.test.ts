import { describe, expect, it } from 'vitest';
import { StorageError } from '../errors.ts';
import { createLog, withoutCredentials } from './log.ts';

function logged(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('worker', level, (line) => void lines.push(JSON.parse(line) as Record<string, unknown>));
  return { log, lines };
}

describe('the log', () => {
  it('is JSON: the event, its fields, those of the child, and what wrote it', () => {
    const { log, lines } = logged();
    log.child({ run: 'r', task: 3 }).info({ entries: 12 }, 'task.done');
    log.debug({}, 'unseen');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'info', service: 'worker', event: 'task.done', run: 'r', task: 3, entries: 12 });
    expect(lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('holds no user and no password of any address, wherever it is', () => {
    const { log, lines } = logged();
    const error = new Error('cannot connect to amqp://user:secret@host:5672/', { cause: new StorageError('https://u:secret@h/x is gone') });
    log.child({ broker: 'amqps://user:secret@host' }).warn({ error, list: [{ url: 's3://key:secret@bucket/x' }] }, 'failed');
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect(lines[0]).toMatchObject({
      broker: 'amqps://host',
      error: { type: 'Error', message: 'cannot connect to amqp://host:5672/', cause: { code: 'StorageError' } },
      list: [{ url: 's3://bucket/x' }],
    });
  });

  it('leaves text alone that only looks a bit like an address with a password', () => {
    for (const text of ['mail to a@b.org', 'https://host/path@2x.png', 'see https://host, or a@b'])
      expect(withoutCredentials(text)).toBe(text);
  });
});
