import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { bandwidthLimit, waitForBandwidth, withBandwidth } from './bandwidth.ts';
import { memorySource } from './test-source.ts';

const seconds = async (work: () => Promise<unknown>) => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
};

describe('withBandwidth', () => {
  it('keeps all sources together below the cap', async () => {
    const limit = bandwidthLimit(2_000_000);
    const sources = [1, 2, 3].map(() => withBandwidth(memorySource(new Uint8Array(1e6)), limit));
    const took = await seconds(() => Promise.all(sources.map((source) => source.read(0, 700_000))));
    // 2.1 MB, of which a quarter of a second may go at once.
    expect(took).toBeGreaterThan(0.55);
    expect(took).toBeLessThan(2.5);
  });

  it('lets a short read pass between the turns of a long one', async () => {
    const limit = bandwidthLimit(2_000_000);
    const long = waitForBandwidth(limit, 3_000_000);
    const short = await seconds(() => waitForBandwidth(limit, 1000));
    expect(short).toBeLessThan(0.7);
    const stop = new AbortController();
    const third = waitForBandwidth(limit, 3_000_000, stop.signal);
    stop.abort(new Error('enough'));
    await expect(third).rejects.toThrow('enough');
    await long;
  });

  it('is shared by threads that are handed it', async () => {
    const limit = bandwidthLimit(1_000_000);
    const code = `
      const { limitBandwidth, threadBandwidth, waitForBandwidth } = await import(${JSON.stringify(new URL('./bandwidth.ts', import.meta.url).href)});
      const { parentPort, workerData } = await import('node:worker_threads');
      limitBandwidth(workerData.promised);
      parentPort.postMessage('ready');
      parentPort.once('message', async () => {
        await waitForBandwidth(threadBandwidth(workerData.bytesPerSecond), 400_000);
        parentPort.postMessage('done');
      });`;
    const threads = [1, 2, 3].map(() => new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: limit }));
    await Promise.all(threads.map((thread) => once(thread, 'message')));
    const took = await seconds(() =>
      Promise.all(
        threads.map((thread) => {
          thread.postMessage('go');
          return once(thread, 'message');
        }),
      ),
    );
    // Alone, each would be done after 0.15 seconds.
    expect(took).toBeGreaterThan(0.6);
    await Promise.all(threads.map((thread) => thread.terminate()));
  });

  it('refuses what the source refuses, at once', async () => {
    const source = withBandwidth(memorySource(new Uint8Array(10)), bandwidthLimit(1));
    await expect(source.readMany([{ offset: 0, length: Number.NaN }])).rejects.toMatchObject({ code: 'StorageError' });
  });
});
