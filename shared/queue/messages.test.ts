import { describe, expect, it } from 'vitest';
import { exampleTask } from '../../test/example-messages.ts';
import { isPipelineError } from '../errors.ts';
import { parseMessage, reportSchema, taskSchema } from './messages.ts';

describe('messages', () => {
  it('takes a task as it is', () => {
    const task = { ...exampleTask(3), from: 10, to: 20 };
    expect(parseMessage(taskSchema, JSON.parse(JSON.stringify(task)))).toEqual(task);
  });

  it.each([
    ['another version', { v: 2 }],
    ['a negative index', { index: -1 }],
    ['an index that is no whole number', { index: 1.5 }],
    ['a run id that could leave a folder', { run: '../x' }],
    ['an entry range upside down', { from: 5, to: 4 }],
    ['a fraction over 1', { fraction: 1.1 }],
    ['no attempt', { attempt: 0 }],
  ])('refuses a task with %s', (_, wrong) => {
    expect(() => parseMessage(taskSchema, { ...exampleTask(0), ...wrong })).toThrow(
      expect.objectContaining({ code: 'MessageError', retryable: false }),
    );
  });

  it('names the wrong field', () => {
    let caught: unknown;
    try {
      parseMessage(taskSchema, { ...exampleTask(0), attempt: 'one' });
    } catch (error) {
      caught = error;
    }
    expect(isPipelineError(caught, 'MessageError') && caught.reason).toMatch(/attempt: /);
  });

  it('refuses reports of unknown kind and error code', () => {
    const head = { v: 1, run: 'r', index: 0, attempt: 1, worker: 'w' };
    expect(() => parseMessage(reportSchema, { ...head, kind: 'gossip' })).toThrow(/kind/);
    const failure = { ...head, kind: 'failure', code: 'StorageError', text: 't', file: 'f', retryable: true };
    expect(parseMessage(reportSchema, failure)).toEqual(failure);
    expect(() => parseMessage(reportSchema, { ...failure, code: 'Oops' })).toThrow(/code/);
  });
});
