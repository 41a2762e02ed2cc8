import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import { contentsFrom } from '#shared/histogram/contents.ts';
import { openRootFile } from '#shared/root/file.ts';
import { openTree } from '#shared/root/tree.ts';
import { histogramsToRoot } from '#shared/root/write/histograms.ts';
import { bytesSource } from '../../test/bytes-source.ts';
import { testData } from '../../test/test-data.ts';
import { writeTree } from '../../test/written-file.ts';
import { withTree } from './open-file.ts';
import { weightsOf } from './sum-of-weights.ts';

const { signal } = new AbortController();

async function opened(columns: Readonly<Record<string, readonly number[]>>, bookkeeper?: readonly number[]) {
  const branches = Object.keys(columns).map((name) => ({ name, type: 'f64' as const }));
  const entries = Object.values(columns)[0]?.length ?? 0;
  const values = Object.fromEntries(Object.entries(columns).map(([name, each]) => [name, { values: Float64Array.from(each) }]));
  const source = bytesSource(await writeTree({ codec: 'zlib', entries, clusterEntries: 2, branches, columns: values }));
  const tree = await openTree(await openRootFile(source), 't');
  if (bookkeeper === undefined) return { source, root: tree.file, tree } as unknown as Parameters<typeof weightsOf>[0];
  const cells = [0, ...bookkeeper, 0];
  const contents = contentsFrom([regular(3, 0, 3, { name: 'x' })], { sumw: cells, sumw2: cells.map(() => 0), entries: cells });
  const histograms = bytesSource(histogramsToRoot({ CutBookkeeper_345060_284500_NOSYS: contents, other: contents }));
  return { source, root: await openRootFile(histograms), tree } as unknown as Parameters<typeof weightsOf>[0];
}

/** Our writer makes no second cycle: this gives the keys of a TH1D a name of the same length, and a cycle. */
function renameKeys(bytes: Buffer, name: string, newName: string, cycle: number): void {
  const key = `\x04TH1D${String.fromCharCode(name.length)}`;
  for (let at = bytes.indexOf(key + name); at !== -1; at = bytes.indexOf(key + name, at + 1)) {
    bytes.write(newName, at + key.length);
    // Before the class name: cycle (2 bytes), seek of the key (4), seek of the directory (4).
    bytes.writeInt16BE(cycle, at - 10);
  }
}

describe('weightsOf', () => {
  it('adds up the branch that is named, exactly', async () => {
    expect(await weightsOf(await opened({ w: [1e16, 1, 1, -1e16] }), 'w', signal)).toEqual({
      value: 2,
      of: 'file',
      source: 'sum of branch w of tree t',
    });
    await expect(weightsOf(await opened({ w: [1] }), 'v', signal)).rejects.toThrow(/there is no branch 'v'/);
  });

  it('takes the second bin of a CutBookkeeper histogram', async () => {
    expect(await weightsOf(await opened({ x: [1] }, [10, 12.5, 20]), undefined, signal)).toEqual({
      value: 12.5,
      of: 'file',
      source: 'bin 2 of CutBookkeeper_345060_284500_NOSYS',
    });
  });

  it('adds up several CutBookkeepers, each by its newest cycle alone', async () => {
    const { tree } = await opened({ x: [1] });
    const bookkeeper = (sum: number) => {
      const cells = [0, 1, sum, 2, 0];
      return contentsFrom([regular(3, 0, 3, { name: 'x' })], { sumw: cells, sumw2: cells.map(() => 0), entries: cells });
    };
    const [a, older, b] = ['CutBookkeeper_1_1_NOSYS', 'CutBookkeeper_1_0_NOSYS', 'CutBookkeeper_2_1_NOSYS'];
    const bytes = Buffer.from(histogramsToRoot({ [a]: bookkeeper(1000), [older]: bookkeeper(400), [b]: bookkeeper(30) }));
    renameKeys(bytes, a, a, 2);
    renameKeys(bytes, older, a, 1);
    const root = await openRootFile(bytesSource(bytes));
    expect((await root.keys()).map(({ path, key }) => `${path};${key.cycle}`)).toEqual([`${a};2`, `${a};1`, `${b};1`]);
    const weights = await weightsOf({ root, tree } as Parameters<typeof weightsOf>[0], undefined, signal);
    expect(weights).toEqual({ value: 1030, of: 'file', source: `bin 2 of ${a}` });
  });

  it('takes a column that says the same in every entry, and none that does not', async () => {
    expect(await weightsOf(await opened({ sum_of_weights: [7.5, 7.5, 7.5] }), undefined, signal)).toEqual({
      value: 7.5,
      of: 'dataset',
      source: 'column sum_of_weights of tree t',
    });
    await expect(weightsOf(await opened({ sumOfWeights: [7.5, 7] }), undefined, signal)).rejects.toThrow(
      /not the same in all entries: 7\.5, then 7\..*--weight/,
    );
  });

  it('does not guess', async () => {
    expect(await weightsOf(await opened({ mcWeight: [1, 2] }), undefined, signal)).toBeUndefined();
  });

  it.skipIf(testData === undefined)('reads the Runs tree of NanoAOD', async () => {
    const file = { path: join(testData ?? '', 'real/coffea/nano_dy.root'), dataset: 'dy' };
    const weights = await withTree(file, { tree: 'Events', signal }, (each) => weightsOf(each, undefined, signal));
    expect(weights).toEqual({ value: 15166686735.858717, of: 'file', source: 'sum of genEventSumw_ in tree Runs' });
    await expect(withTree(file, { tree: undefined, signal }, async () => {})).rejects.toThrow(/2 trees: Events, Runs.*--tree Events/);
  });
});
