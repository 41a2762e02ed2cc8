import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Task } from '#shared/queue/messages.ts';
import { writeAnalysisFile } from '../../test/analysis-file.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { ComputePool } from './compute-pool.ts';

const readRetry = { attempts: 1, baseMs: 1, maxMs: 1 };
const OPTIONS = { threads: 1, batchBytes: 1e6, memoryMb: 256, allowAnalysisFiles: true, readRetry };

let folder: string;
let sample: string;
let pool: ComputePool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pool-'));
  [sample = ''] = writeLeptonSamples(folder, { llll: 1000 });
  pool = new ComputePool(OPTIONS);
});
afterEach(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});

const run = (task: Partial<Task> = {}) => {
  const head = { v: 1 as const, run: 'r', index: 0, dataset: 'llll', isData: false, url: sample, tree: 'mini', attempt: 1 };
  return pool.run({ ...head, analysis: 'atlas-hzz-2020', parameters: {}, ...task });
};

describe('ComputePool', () => {
  it('blames the task that a thread died of, and gives those before and behind it to another one', async () => {
    const fine = writeAnalysisFile(folder, 'fine', '');
    const deadly = writeAnalysisFile(folder, 'deadly', 'process.exit(3);');
    // So short that a thread has several in hand, and does not answer each by itself.
    for (let i = 0; i < 50; i++) await run({ analysis: fine });
    const answers = await Promise.all(Array.from({ length: 9 }, (_, index) => run({ analysis: index === 4 ? deadly : fine })));
    expect(answers.map(({ kind }) => kind)).toEqual(Array.from({ length: 9 }, (_, index) => (index === 4 ? 'failure' : 'partial')));
    expect(answers[4]).toMatchObject({ failure: { retryable: true, text: expect.stringContaining('it exited with code 3') } });
  });

  it('ends a thread whose task does not end, and goes on', async () => {
    const fine = writeAnalysisFile(folder, 'fine', '');
    const endless = writeAnalysisFile(folder, 'endless', 'for (;;);');
    await pool.close();
    pool = new ComputePool({ ...OPTIONS, taskTimeoutMs: 5000 });
    const answers = await Promise.all([run({ analysis: fine }), run({ analysis: endless }), run({ analysis: fine })]);
    expect(answers.map(({ kind }) => kind)).toEqual(['partial', 'failure', 'partial']);
    expect(answers[1]).toMatchObject({ failure: { retryable: true, text: expect.stringContaining('it took longer than 5 s') } });
  });

  it('gives up the tasks of a run that is over, ends a thread that is stuck in one, and goes on with those of others', async () => {
    const fine = writeAnalysisFile(folder, 'fine', '');
    const endless = writeAnalysisFile(folder, 'endless', 'for (;;);');
    for (let i = 0; i < 50; i++) await run({ analysis: fine });
    // The answer of the first may wait for more, and the thread is in the second then.
    const tasks = [{ run: 'other', analysis: fine }, { analysis: endless }, { analysis: fine }, { run: 'other', analysis: fine }];
    const answers = tasks.map((task) => run(task));
    // Long enough for the thread to be inside the loop.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    pool.abandon('r');
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(['partial', 'aborted', 'aborted', 'partial']);
    expect(await run({ analysis: fine })).toMatchObject({ kind: 'partial' });
  });

  it('gives up what waits for a thread, and what a thread has not begun, without ending it', async () => {
    const waits = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);';
    const slow = writeAnalysisFile(folder, 'slow', waits);
    const answers = ['other', 'r', 'r', 'other'].map((of) => run({ run: of, analysis: slow }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    pool.abandon('r');
    expect((await Promise.all(answers)).map(({ kind }) => kind)).toEqual(['partial', 'aborted', 'aborted', 'partial']);
  });

  it('opens a file anew after a task of it failed', async () => {
    expect(await run()).toMatchObject({ kind: 'partial', partial: { fileEntries: 1000 } });
    const [other = ''] = writeLeptonSamples(join(folder, 'other'), { llll: 500 });
    copyFileSync(other, sample);
    expect(await run()).toMatchObject({ kind: 'failure', failure: { text: expect.stringContaining('changed while it was read') } });
    expect(await run()).toMatchObject({ kind: 'partial', partial: { fileEntries: 500 } });
  });
});
