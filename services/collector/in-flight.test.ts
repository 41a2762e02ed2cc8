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

  it('are no longer those that a worker has given back: it does not list them any more', () => {
    const inFlight = new InFlight();
    for (const index of [1, 2]) inFlight.note(started(index, 'a'), 0);
    inFlight.note(alive('a', 1, 2, 3), 100);
    inFlight.note(started(4, 'b'), 100);
    inFlight.note(alive('a', 2), 200);
    expect([1, 2, 3, 4].map((index) => inFlight.has({ run: 'r', index }))).toEqual([false, true, false, true]);
    inFlight.note(alive('a'), 300);
    expect(inFlight.takeVanished(1050, 1000)).toEqual([]);
    expect(inFlight.takeVanished(1300, 1000).map(({ worker }) => worker)).toEqual(['b']);
  });

  it('stay where they are when they were started after the list of a heartbeat was made', () => {
    const inFlight = new InFlight();
    inFlight.note(alive('a'), 0);
    inFlight.note(started(1, 'a'), 0);
    expect(inFlight.has({ run: 'r', index: 1 })).toBe(true);
  });

  it('of which two workers have a copy are with the one that spoke last', () => {
    const inFlight = new InFlight();
    inFlight.note(started(1, 'a'), 0);
    inFlight.note(started(1, 'b'), 100);
    inFlight.note(alive('a'), 200);
    expect(inFlight.has({ run: 'r', index: 1 })).toBe(true);
    inFlight.note(alive('b'), 300);
    expect(inFlight.has({ run: 'r', index: 1 })).toBe(false);
  });

  it('take the time since they were started first, by whomever', () => {
    const inFlight = new InFlight();
    inFlight.note(started(1, 'a'), 0);
    inFlight.note(started(1, 'b', 2), 400);
    expect(inFlight.takeStragglers('r', 600, 500)).toEqual([{ run: 'r', index: 1 }]);
    // Who only holds a task has not begun.
    inFlight.note(alive('b', 2), 600);
    inFlight.note(started(2, 'b'), 1000);
    expect(inFlight.takeStragglers('r', 1400, 500)).toEqual([]);
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
