import { expect, it } from 'vitest';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { DEFAULT_CHUNKS, type RunSpec } from '#shared/queue/run-spec.ts';
import type { DatasetCounters } from './ledger-rows.ts';
import { loadRunModel, type RunModel } from './run-model.ts';
import { buildSnapshot } from './snapshot.ts';

const NOTHING = { committed: 0, failed: 0, entriesLost: 0, bytesRead: 0, requests: 0, luminosityFb: 0 };
const NO_TIME = { wallMs: 0, openMs: 0, readMs: 0, processMs: 0, encodeMs: 0 };

/** Counters of a dataset of which all that is known is committed. */
function countersOf(dataset: string, files: number, filesUnknown: number, entries: number, filesToy = 0): DatasetCounters {
  const done = { files, filesUnknown, filesToy, filesDone: files, tasks: files };
  return { ...NOTHING, ...NO_TIME, ...done, dataset, entriesFull: entries, entriesAsked: entries, entriesCommitted: entries };
}

/** Completeness of each dataset, and of all. `told` are the entries that the catalogue tells of the first one. */
async function completeness(told: number | undefined, counters: readonly DatasetCounters[]): Promise<number[]> {
  const plain = plainCatalogue(counters.map(({ dataset }) => dataset));
  const catalogue = { ...plain, datasets: plain.datasets.map((each, i) => (i === 0 ? { ...each, entries: told } : each)) };
  const datasets = counters.map(({ dataset: name, files }) => ({ name, isData: true, files: new Array<string>(files).fill('x') }));
  const snapshot = snapshotOf(await loadRunModel({ ...specOf(catalogue), datasets }, false), counters);
  return [...snapshot.datasets, snapshot.totals].map((each) => each.completeness);
}

function specOf(catalogue: unknown): RunSpec {
  const what = { analysis: 'rehearsal', parameters: {}, tree: 't', catalogue, fraction: 1, datasets: [] };
  return { v: 1, run: 'r', ...what, ...DEFAULT_CHUNKS };
}

function snapshotOf(model: RunModel, counters: readonly DatasetCounters[]): RunSnapshot {
  const row = { state: 'running' as const, frozen: true, startedAt: '', elapsedMs: 0, incarnation: '', endings: 0 };
  return buildSnapshot({
    ...{ model, row, counters, revision: 1, elapsedMs: 0, tasksRunning: 0, workers: 0, pools: [] },
    ...{ failures: [], contents: () => ({}), rate: () => 0, cost: { coreSeconds: 0, bytesFrom: {} }, outcome: undefined },
  });
}

it('takes what the catalogue tells of a dataset for the entries of files that cannot be opened', async () => {
  expect(await completeness(1000, [countersOf('a', 2, 1, 400)])).toEqual([0.4, 0.4]);
  expect(await completeness(1000, [countersOf('a', 2, 1, 400), countersOf('b', 1, 0, 600)])).toEqual([0.4, 1, 1000 / 1600]);
});

it('takes a file of which nothing is known for an average one of its dataset, and a dataset of such files for an average one', async () => {
  expect(await completeness(undefined, [countersOf('a', 4, 1, 300)])).toEqual([0.75, 0.75]);
  expect(await completeness(undefined, [countersOf('a', 4, 1, 300), countersOf('b', 1, 0, 1000)])).toEqual([0.75, 1, 1300 / 1400]);
  expect(await completeness(undefined, [countersOf('a', 2, 0, 300), countersOf('b', 1, 1, 0)])).toEqual([1, 0, 300 / 450]);
});

it('takes files of the dataset that are not in the run, and of which nobody knows the entries, for average ones in scales', async () => {
  const scaleOf = async (names: readonly string[]) => {
    const simulated = { name: 'mc', group: 'mc', crossSectionPb: 1, sumOfWeights: 300, files: names.map((path) => ({ path })) };
    const groups = [{ name: 'mc', label: 'MC', color: '#000000', kind: 'background' as const }];
    const catalogue = { ...plainCatalogue(), experiment: { name: 'x', status: '', luminosityFb: 1 }, groups, datasets: [simulated] };
    const datasets = [{ name: 'mc', isData: false, files: ['one.root'] }];
    const model = await loadRunModel({ ...specOf(catalogue), datasets }, false);
    const { scale, filesAssumed } = snapshotOf(model, [countersOf('mc', 1, 0, 100)]).datasets[0] ?? {};
    return [scale, filesAssumed];
  };
  expect(await scaleOf(['one.root'])).toEqual([1000 / 300, undefined]);
  expect(await scaleOf(['one.root', 'two.root', 'three.root'])).toEqual([3 * (1000 / 300), 2]);
});

it('does not believe the catalogue of toy files, or where they have more entries than it tells', async () => {
  expect(await completeness(1000, [countersOf('a', 2, 1, 40, 1)])).toEqual([0.5, 0.5]);
  expect(await completeness(300, [countersOf('a', 2, 1, 400)])).toEqual([0.5, 0.5]);
});

it("has the catalogue's channel for the catalogue's own analysis, and where it names none", async () => {
  const channelOf = async (analysis: string | undefined) => {
    const experiment = { name: 'x', status: '', channel: 'H → ZZ* → 4ℓ' };
    const catalogue = { ...plainCatalogue(), experiment, ...(analysis === undefined ? {} : { analysis }) };
    return snapshotOf(await loadRunModel(specOf(catalogue), false), []).experiment.channel;
  };
  expect(await channelOf('rehearsal')).toBe('H → ZZ* → 4ℓ');
  expect(await channelOf(undefined)).toBe('H → ZZ* → 4ℓ');
  expect(await channelOf('atlas-hzz-2020')).toBe('');
});
