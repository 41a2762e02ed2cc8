import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Success, Task } from '#shared/queue/messages.ts';
import { createLog } from '#shared/runtime/log.ts';
import { createMetrics } from '#shared/runtime/metrics.ts';
import { observeTasks } from './observe.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function observe(level: 'debug' | 'info' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('worker', level, (line) => void lines.push(JSON.parse(line) as Record<string, unknown>));
  const observer = observeTasks(log, createMetrics('worker'));
  const done = (run: string, index: number, wallMs: number) => {
    const report = { kind: 'success', from: 0, to: 10, bytesRead: 5, wallMs, stagesMs: {} };
    observer.onTask({ kind: 'ended', task: { run, index, attempt: 1 } as Task, report: report as Success });
  };
  return { lines, observer, done };
}

it('tells of each long task, and of short ones together, run by run, once a second', () => {
  const { lines, done } = observe();
  for (let index = 0; index < 3; index++) done('a', index, 1.5);
  done('b', 0, 20);
  done('a', 3, 2000);
  expect(lines).toMatchObject([{ event: 'task.done', run: 'a', task: 3, entries: 10, wallMs: 2000 }]);
  vi.advanceTimersByTime(1000);
  done('b', 1, 30);
  expect(lines.slice(1)).toMatchObject([
    { event: 'tasks.done', run: 'a', tasks: 3, entries: 30, bytesRead: 15, wallMs: 5 },
    { event: 'tasks.done', run: 'b', tasks: 1, entries: 10, wallMs: 20 },
  ]);
  vi.advanceTimersByTime(1000);
  expect(lines.slice(3)).toMatchObject([{ event: 'tasks.done', run: 'b', tasks: 1, wallMs: 30 }]);
});

it('tells at its end what it has not told yet', () => {
  const { lines, observer, done } = observe();
  done('a', 0, 1);
  observer[Symbol.dispose]();
  vi.advanceTimersByTime(5000);
  expect(lines).toMatchObject([{ event: 'tasks.done', run: 'a', tasks: 1 }]);
});

it('tells of short ones one by one, too, where all is to be told', () => {
  const { lines, done } = observe('debug');
  done('a', 7, 1);
  expect(lines).toMatchObject([{ event: 'task.done', level: 'debug', run: 'a', task: 7 }]);
});
