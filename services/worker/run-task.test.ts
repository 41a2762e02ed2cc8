import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '#shared/errors.ts';
import type { Task } from '#shared/queue/messages.ts';
import { changedError } from '#shared/storage/read-errors.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { FileCache } from './file-cache.ts';
import { runTask } from './run-task.ts';

let folder: string;
let sample: string;
let files: FileCache;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-task-'));
  [sample = ''] = writeLeptonSamples(folder, { llll: 1000 });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  files = new FileCache({ attempts: 1, baseMs: 1, maxMs: 1 });
});
afterEach(() => files.close());

/** A task for these entries of a file that, asked whether it has changed, says this. */
function run(to: number, found: Error) {
  const open = files.open.bind(files);
  files.open = async (...args) => {
    const file = await open(...args);
    return { ...file, source: { ...file.source, verify: () => Promise.reject(found) } };
  };
  const head = { v: 1 as const, run: 'r', index: 0, dataset: 'llll', isData: false, url: sample, tree: 'mini', attempt: 1 };
  const task: Task = { ...head, analysis: 'atlas-hzz-2020', parameters: {}, from: 0, to };
  const { signal } = new AbortController();
  return runTask(task, { files, batchBytes: 1e6, verify: 'full', allowAnalysisFiles: false, signal, place: {} });
}

describe('runTask', () => {
  it('gives no partial of a file that has changed meanwhile', async () => {
    const changed = changedError(sample, 'is longer');
    await expect(run(1000, changed)).rejects.toBe(changed);
  });

  it('tells of a change that is behind another fault', async () => {
    const changed = changedError(sample, 'is shorter');
    await expect(run(1001, changed)).rejects.toBe(changed);
  });

  it('tells of the fault itself where it is not known whether the file has changed', async () => {
    await expect(run(1001, new StorageError('no answer'))).rejects.toMatchObject({
      code: 'RootFormatError',
      reason: expect.stringContaining('the tree has 1000'),
    });
  });
});
