import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import { MESSAGE_VERSION, type Report } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import type { Conclusion } from './group-commit.ts';
import { InFlight } from './in-flight.ts';
import { Ledger } from './ledger.ts';
import { Reissue } from './reissue.ts';
import { loadRunModel } from './run-model.ts';

const SILENCE_MS = 1000;
const TASKS = 3;
const SPEC: RunSpec = {
  ...{ v: MESSAGE_VERSION, run: 'r', analysis: 'rehearsal', parameters: {}, tree: 'none', catalogue: plainCatalogue(), fraction: 1 },
  ...DEFAULT_CHUNKS,
  datasets: [{ name: 'events', isData: true, files: ['x'] }],
};

describe('tasks of a run', () => {
  let folder: string;
  let ledger: Ledger;
  let queue: Queue;
  let inFlight: InFlight;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'reissue-'));
    ledger = new Ledger(join(folder, 'l.sqlite'));
    queue = openMemoryQueue();
    inFlight = new InFlight();
    ledger.openRun(SPEC, 'now');
    const tasks = Array.from({ length: TASKS }, (_, index) => ({ index, from: 10 * index, to: 10 * index + 10 }));
    ledger.addFiles('r', [{ file: 0, dataset: 'events', url: 'x', entries: 10 * TASKS, bytes: 1, tasks }]);
    ledger.freeze('r');
  });
  afterEach(async () => {
    await queue.close();
    ledger.close();
    rmSync(folder, { recursive: true });
  });

  const reissueWith = (conclude: (report: Conclusion) => Promise<void> = async () => {}) =>
    new Reissue({
      ...{ ledger, queue, inFlight, conclude, silenceMs: SILENCE_MS },
      model: () => loadRunModel(SPEC, false),
      onReissue: () => {},
    });
  const started = (index: number): Report => ({ v: MESSAGE_VERSION, kind: 'started', run: 'r', index, attempt: 1, worker: 'w' });

  it('are not taken for lost with their worker where the collector itself heard nothing for a while', async () => {
    const counted: number[] = [];
    const reissue = reissueWith(async ({ index }) => void counted.push(index));
    const start = Date.now();
    inFlight.note(started(0), start);
    await reissue.publishLost(['r'], start);
    await reissue.publishLost(['r'], start + 60_000);
    expect(counted).toEqual([]);
    await reissue.publishLost(['r'], start + 60_000 + SILENCE_MS);
    expect(counted).toEqual([0]);
  });

  it('that a worker took along when it vanished are counted together', async () => {
    let waiting = 0;
    let most = 0;
    const reissue = reissueWith(async () => {
      waiting += 1;
      most = Math.max(most, waiting);
      await new Promise((resolve) => setImmediate(resolve));
      waiting -= 1;
    });
    for (let index = 0; index < TASKS; index += 1) inFlight.note(started(index), 0);
    await reissue.publishLost([], SILENCE_MS);
    expect([most, waiting]).toEqual([TASKS, 0]);
  });

  it('that a worker holds are not lost, however long they take', async () => {
    const reissue = reissueWith();
    for (const atMs of [0, 900, 1800, 2700]) {
      inFlight.note(started(1), atMs);
      await reissue.publishLost(['r'], atMs);
    }
    // Once each: those that nobody has wait in the queue from then on.
    const seen: number[] = [];
    const enough = new AbortController();
    const take = async ({ message }: { readonly message: { readonly index: number } }) => {
      seen.push(message.index);
      if (seen.length === TASKS - 1) enough.abort();
    };
    await queue.tasks.consume(take, { prefetch: 1, signal: enough.signal });
    expect(seen).toEqual([0, 2]);
    expect(await queue.tasks.depth('r')).toBe(0);
  });
});
