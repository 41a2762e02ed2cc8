import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMemoryQueue } from '#shared/queue/memory.ts';
import type { Success, Task } from '#shared/queue/messages.ts';
import { startTestServer } from '../../shared/storage/test-server.ts';
import { writeAnalysisFile } from '../../test/analysis-file.ts';
import { writeLeptonSamples } from '../../test/lepton-samples.ts';
import { startWorker } from './worker.ts';

let folder: string;
let fast: string;
/** Fills nothing, for 600 ms. */
let slow: string;
let bytes: Buffer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stage-ahead-'));
  fast = join(folder, 'fast');
  bytes = readFileSync(writeLeptonSamples(folder, { llll: 1000 })[0] ?? '');
  slow = writeAnalysisFile(folder, 'slow', 'const end = Date.now() + 600; while (Date.now() < end);');
  process.env['STAGE_IN_DIR'] = fast;
});
afterAll(() => {
  delete process.env['STAGE_IN_DIR'];
  rmSync(folder, { recursive: true });
});

describe('a worker with a fast folder', () => {
  it('copies the file of the next task while it computes, and tells its cost with that task', async () => {
    const server = await startTestServer(bytes);
    const askedAt: Record<string, number> = {};
    server.intercept = ({ url = '' }) => {
      askedAt[url] ??= performance.now();
      return false;
    };
    const queue = openMemoryQueue();
    const stop = new AbortController();
    const running = startWorker({
      ...{ queue, name: 'w', threads: 1, batchBytes: 1e6, memoryMb: 256, allowAnalysisFiles: true, heartbeatMs: 60_000, stageIn: true },
      readRetry: { attempts: 1, baseMs: 1, maxMs: 1 },
      signal: stop.signal,
    });
    const task = (index: number): Task => {
      const head = { v: 1 as const, run: 'r', index, dataset: 'llll', isData: false, tree: 'mini', attempt: 1, parameters: {} };
      return { ...head, url: `${server.url}/${index}`, analysis: slow, from: 0, to: 100 };
    };
    for (const index of [0, 1]) void queue.tasks.publish(task(index));
    const done: { readonly report: Success; readonly atMs: number }[] = [];
    const enough = new AbortController();
    await queue.reports.consume(
      async ({ message }) => {
        if (message.kind === 'success') done.push({ report: message, atMs: performance.now() });
        if (done.length === 2 || message.kind === 'failure') enough.abort();
      },
      { prefetch: 1, signal: enough.signal },
    );
    stop.abort();
    await Promise.all([running, server.close(), queue.close()]);
    expect(done).toHaveLength(2);
    // The second file came while the first was computed.
    expect(askedAt['/file.root/1']).toBeLessThan((done[0]?.atMs ?? 0) - 100);
    expect(readdirSync(join(fast, 'higgsflow-stage-in'))).toHaveLength(2);
    for (const { report } of done) {
      const [host = '', ...others] = Object.keys(report.places).sort();
      expect([host, others]).toEqual([expect.stringMatching(/^http:/), ['stage-in']]);
      // The copy, and what was asked when it was opened.
      expect(report.places[host]?.bytes).toBeGreaterThan(bytes.length);
      expect(report.bytesRead).toBe(Object.values(report.places).reduce((sum, place) => sum + place.bytes, 0));
    }
  });
});
