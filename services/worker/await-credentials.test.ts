import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Task } from '#shared/queue/messages.ts';
import { keepCredentials } from '#shared/runtime/credentials.ts';
import { awaitCredentials } from './await-credentials.ts';

const TASK: Task = {
  ...{ v: 1, run: 'r', index: 0, dataset: 'd', isData: false, url: 's3://b/f.root', tree: 't', analysis: 'a', parameters: {}, attempt: 1 },
  secret: 'r',
};

describe('a task whose run has keys', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'await-credentials-'));
    vi.stubEnv('CREDENTIALS_DIR', folder);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const wait = (signal = new AbortController().signal, patienceMs = 5000) => {
    const onWait = vi.fn();
    return { answer: awaitCredentials(TASK, signal, onWait, patienceMs), onWait };
  };

  it('begins at once where they are, and once they come', async () => {
    const late = wait();
    expect(late.onWait).toHaveBeenCalledOnce();
    await keepCredentials(folder, 'r', { variables: {}, addresses: {} });
    expect(await late.answer).toBeUndefined();
    const atOnce = wait();
    expect(await atOnce.answer).toBeUndefined();
    expect(atOnce.onWait).not.toHaveBeenCalled();
  });

  it('fails where they do not come, so that it is tried again, and says what to do', async () => {
    expect(await wait(undefined, 300).answer).toEqual({
      kind: 'failure',
      failure: {
        ...{ code: 'StorageError', file: 's3://b/f.root', retryable: true },
        text: expect.stringMatching(/the credentials of the run, r, are not there. Submit the run again with its keys; workers need/),
      },
    });
  });

  it('is given back where the worker stops meanwhile', async () => {
    const stop = new AbortController();
    const { answer } = wait(stop.signal);
    stop.abort();
    expect(await answer).toEqual({ kind: 'aborted' });
  });
});
