import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import type { RunState } from '#shared/plot/snapshot.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import { RunModels } from './run-models.ts';

/** Of how many runs that are over the models are kept. */
const KEPT = 16;

describe('models of runs', () => {
  let states: Map<string, RunState>;
  let analysis: string;
  /** Runs whose specs were read, in order. */
  let read: string[];
  let broken: string[];
  let models: RunModels;
  const specOf = (run: string): RunSpec => ({
    ...{ v: 1, run, analysis, parameters: {}, tree: 'none', catalogue: plainCatalogue(), fraction: 1 },
    ...{ ...DEFAULT_CHUNKS, datasets: [{ name: 'events', isData: true, files: ['x'] }], output: `s3://bucket/${run}` },
  });
  beforeEach(() => {
    states = new Map();
    analysis = 'rehearsal';
    read = [];
    broken = [];
    const ledger = {
      run: (run: string) => ({
        state: states.get(run) ?? 'complete',
        frozen: true,
        startedAt: 'now',
        elapsedMs: 0,
        incarnation: '',
        endings: 0,
      }),
      spec: (run: string) => {
        read.push(run);
        return specOf(run);
      },
    };
    const onBroken = (run: string) => broken.push(run);
    models = new RunModels({ ledger, allowAnalysisFiles: false, ownPool: undefined, onBroken });
  });
  afterEach(() => void vi.useRealTimers());

  it('are kept of runs that go on, and of the last few that are over', async () => {
    states.set('on', 'running');
    const over = Array.from({ length: KEPT + 1 }, (_, i) => `over-${i}`);
    await models.of('on');
    for (const run of over.slice(0, KEPT)) await models.of(run);
    // Asked for again: the next one goes in its place.
    await models.of('over-0');
    await models.of(`over-${KEPT}`);
    read = [];
    for (const run of ['on', 'over-0', `over-${KEPT}`, 'over-2', 'over-1']) await models.of(run);
    expect(read).toEqual(['over-1']);
  });

  it('are loaded once for the list of runs, until the run is opened anew', async () => {
    const runs = Array.from({ length: 3 * KEPT }, (_, i) => `r-${i}`);
    for (const times of [1, 2]) {
      for (const run of runs) expect(await models.heading(run)).toEqual({ analysis: 'rehearsal', spec: { output: `s3://bucket/${run}` } });
      expect([times, read]).toEqual([times, runs]);
    }
    const model = await models.of('r-0');
    models.keep({ ...model, spec: { ...model.spec, output: 's3://other' } });
    expect((await models.heading('r-0')).spec.output).toBe('s3://other');
  });

  it('that did not load are tried again after ten seconds, and told of once', async () => {
    vi.useFakeTimers();
    analysis = 'atlas-hzz-1920';
    await expect(models.of('r')).rejects.toThrow(/cannot be shown or counted/);
    await vi.advanceTimersByTimeAsync(9000);
    await expect(models.of('r')).rejects.toThrow(/cannot be shown or counted/);
    expect(read).toEqual(['r']);
    await vi.advanceTimersByTimeAsync(2000);
    await expect(models.of('r')).rejects.toThrow(/cannot be shown or counted/);
    expect(broken).toEqual(['r']);
    analysis = 'rehearsal';
    await vi.advanceTimersByTimeAsync(11_000);
    expect((await models.of('r')).analysis.name).toBe('rehearsal');
  });
});
