import { describe, expect, it } from 'vitest';
import type { Report } from '#shared/queue/messages.ts';
import { InFlight } from './in-flight.ts';

const started = (index: number, worker: string, attempt = 1): Report => ({ v: 1, kind: 'started', run: 'r', index, attempt, worker });
const alive = (worker: string, ...indexes: number[]): Report => ({
  v: 1,
  kind: 'alive',
  worker,
  tasks: indexes.map((index) => ({ run: 'r', index })),
});
const failed = (index: number, worker: string): Report => {
  const head = { v: 1 as const, kind: 'failure' as const, run: 'r', index, attempt: 1, worker };
  return { ...head, code: 'StorageError', text: '', file: '', retryable: true };
};

describe('tasks in flight', () => {
  it('are those that workers started or hold, until their report comes', () => {
    const inFlight = new InFlight();
    inFlight.note(started(1, 'a'), 0);
    inFlight.note(alive('b', 2, 3), 0);
    expect([1, 2, 3, 4].map((index) => inFlight.has({ run: 'r', index }))).toEqual([true, true, true, false]);
    inFlight.note(failed(2, 'b'), 0);
    expect(inFlight.has({ run: 'r', index: 2 })).toBe(false);
  });

  it('of a silent worker have vanished, once, with the attempt that was started', () => {
    const inFlight = new InFlight();
    inFlight.note(started(1, 'a', 3), 0);
    inFlight.note(alive('a', 1, 2), 100);
    inFlight.note(started(5, 'b'), 0);
    inFlight.note(alive('b', 5), 900);
    const vanished = inFlight.takeVanished(1100, 1000);
    expect(vanished.map(({ key, worker, attempt }) => [key.index, worker, attempt])).toEqual([
      [1, 'a', 3],
      [2, 'a', undefined],
    ]);
    expect(inFlight.takeVanished(1100, 1000)).toEqual([]);
    expect(inFlight.has({ run: 'r', index: 5 })).toBe(true);
  });

  it('that take too long are told once, however often their workers say that they live', () => {
    const inFlight = new InFlight();
    inFlight.note(started(1, 'a'), 0);
    inFlight.note(started(2, 'a'), 900);
    inFlight.note(alive('b', 3), 0);
    expect(inFlight.takeStragglers('r', 1000, 500)).toEqual([{ run: 'r', index: 1 }]);
    inFlight.note(alive('a', 1, 2), 1000);
    inFlight.note(started(1, 'b'), 1100);
    expect(inFlight.takeStragglers('r', 1300, 500)).toEqual([]);
    expect(inFlight.takeStragglers('other', 9000, 500)).toEqual([]);
    expect(inFlight.takeStragglers('r', 1500, 500)).toEqual([{ run: 'r', index: 2 }]);
  });
});
