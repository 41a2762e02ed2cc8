import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { testData } from '../../../test/test-data.ts';
import { columnsToRead, processBatch, startPartial } from '../../analysis/partial.ts';
import { loadBuiltInAnalysis } from '../../analysis/registry.ts';
import { openFileSource } from '../../storage/file.ts';
import { type Column, levelsOf, type TextColumn, textAt } from '../column-type.ts';
import { type BranchDigest, digestBranch } from '../digest.ts';
import { openRootFile } from '../file.ts';
import { describeFile } from '../inspect.ts';
import { clusterStarts } from '../plan.ts';
import { readColumns } from '../read-columns.ts';
import { openTree, type Tree } from '../tree.ts';

const FIXTURES = join(import.meta.dirname, '../../../test/fixtures/rntuple');

interface Expected {
  readonly file: string;
  readonly tree: string;
  readonly path: string;
  readonly digest: Pick<BranchDigest, 'entries' | 'dtype' | 'count' | 'content' | 'offsets'>;
}

const expected = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Expected[];

async function openFixture(name: string, tree: string): Promise<Tree> {
  return openTree(await openRootFile(bytesSource(readFileSync(join(FIXTURES, name)), name)), tree);
}

/** All entries of a field, however they were cut into batches. */
async function readAll(tree: Tree, path: string, batchBytes: number, from = 0, to = tree.entries): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const batch of readColumns(tree, [path], { batchBytes, from, to })) {
    expect(batch.from).toBe(from + entries.length);
    const { values, offsets, size } = batch.columns[path] as Column;
    for (let i = 0; i < batch.to - batch.from; i++) {
      if (offsets !== undefined) entries.push([...values.subarray(offsets[i], offsets[i + 1])]);
      else entries.push(size === undefined ? values[i] : [...values.subarray(i * size, (i + 1) * size)]);
    }
  }
  return entries;
}

describe('fields of RNTuples that ROOT wrote', () => {
  const files = [...new Set(expected.map(({ file, tree }) => `${file}:${tree}`))];

  it.each(files)('have the digests of uproot: %s', async (name) => {
    const [file = '', treeName = ''] = name.split(':');
    const tree = await openFixture(file, treeName);
    for (const { path, digest } of expected.filter((line) => line.file === file)) {
      expect({ path, ...(await digestBranch(tree, tree.branch(path))) }).toMatchObject({ path, ...digest });
    }
  });

  it('are read the same in batches of any size, over any entries', async () => {
    const tree = await openFixture('types_zstd.root', 'types');
    for (const path of ['i16', 'list_f32', 'array', 'matrix', 'bits', 'tracks.pt', 'b', 'maybe']) {
      const all = await readAll(tree, path, 2 ** 24);
      expect(all).toHaveLength(120);
      await fc.assert(
        fc.asyncProperty(fc.nat(120), fc.nat(120), fc.integer({ min: 1, max: 2000 }), async (a, b, batchBytes) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          expect(await readAll(tree, path, batchBytes, from, to)).toEqual(all.slice(from, to));
        }),
        { numRuns: 8 },
      );
    }
  });

  it('that were added later are zero before', async () => {
    const tree = await openFixture('late.root', 'late');
    expect((await readAll(tree, 'added', 30)).slice(14, 20)).toEqual([0, 0, 0, 17, 18, 19]);
    expect((await readAll(tree, 'added_list', 30)).slice(14, 19)).toEqual([[], [], [], [17, 1], [18, 1]]);
    expect((await readAll(tree, 'added_array', 30)).slice(16, 18)).toEqual([
      [0, 0],
      [1, 17],
    ]);
  });

  it('that are quantised doubles are not rounded to floats', async () => {
    const tree = await openFixture('encodings.root', 'encodings');
    const values = (await readAll(tree, 'double_quantised', 1000)) as number[];
    const step = 2000 / (2 ** 24 - 1);
    expect(Math.abs((values[3] as number) - (3 - 100) * 9.87654321)).toBeLessThanOrEqual(step / 2);
    expect(values[3]).not.toBe(Math.fround(values[3] as number));
  });

  it('share the offsets of their collection, and projected fields show them', async () => {
    const tree = await openFixture('projected.root', 'projected');
    for await (const { columns } of readColumns(tree, ['tracks.pt', 'tracks.id', 'pt', 'n'])) {
      expect(columns['tracks.pt']?.offsets).toBe(columns['tracks.id']?.offsets);
      expect(columns['pt']?.values).toBe(columns['tracks.pt']?.values);
      const offsets = columns['pt']?.offsets as Int32Array;
      expect([...(columns['n']?.values ?? [])]).toEqual([...offsets.subarray(1)].map((end, i) => end - (offsets[i] as number)));
    }
  });

  it('hand out texts, and lists and arrays in each other', async () => {
    const tree = await openFixture('types_zlib.root', 'types');
    const asked = ['text', 'texts', 'nested', 'lists_in_array', 'arrays_in_list', 'tracks.hits.cell', 'tracks.name'];
    for await (const { columns } of readColumns(tree, asked)) {
      expect(Object.values(columns).map(({ type }) => type)).toEqual([
        'text',
        'text[]',
        'i16[][]',
        'f32[2][]',
        'f32[][2]',
        'i16[][][2]',
        'text[]',
      ]);
      expect(textAt(columns['text'] as unknown as TextColumn, 119)).toBe('');
      expect(textAt(columns['text'] as unknown as TextColumn, 1)).toBe('entry 1 \u00b5');
      // Entry 2 has two lists: of (2 + 0) % 3 and (2 + 1) % 3 numbers. Those before it have none and one.
      expect(levelsOf(columns['nested'] as Column).map(({ offsets }) => [...(offsets ?? []).slice(0, 4)])).toEqual([
        [0, 0, 1, 3],
        [0, 1, 3, 3],
      ]);
      expect([...(columns['nested']?.values ?? []).slice(0, 3)]).toEqual([1, 2, 2]);
    }
  });

  it.each([
    ['either', 'variants are not read'],
    ['tracks', 'split into its members'],
  ])('that are no columns say why: %s', async (path, reason) => {
    const tree = await openFixture('types_zlib.root', 'types');
    expect(tree.branch(path).unsupported).toContain(reason);
    await expect(readAll(tree, path, 1000)).rejects.toMatchObject({ code: 'UnsupportedError', object: `types/${path}` });
  });
});

describe('reading an RNTuple', () => {
  it('fetches the pages asked for and no others', async () => {
    const source = bytesSource(readFileSync(join(FIXTURES, 'types_none.root')));
    const tree = await openTree(await openRootFile(source), 'types');
    source.asked.length = 0;
    expect(await readAll(tree, 'i32', 2 ** 24)).toHaveLength(120);
    const bytes = source.asked.reduce((sum, { length }) => sum + length, 0);
    const pages = 120 * 4;
    expect(bytes).toBeGreaterThan(pages);
    expect(bytes).toBeLessThan(2 * pages);
  });

  it('knows clusters for plans of runs, and is described for people', async () => {
    const tree = await openFixture('types_lz4.root', 'types');
    expect(clusterStarts([tree.branch('i32'), tree.branch('tracks.pt')], tree.entries)).toEqual([0, 30, 50, 80, 120]);
    const source = bytesSource(readFileSync(join(FIXTURES, 'types_lz4.root')));
    const { trees } = await describeFile(await openRootFile(source));
    expect(trees[0]).toMatchObject({ path: 'types', entries: 120, title: 'every type' });
    const list = trees[0]?.branches.find(({ path }) => path === 'list_f64');
    expect(list).toMatchObject({ columnType: 'f64[]', cppType: 'std::vector<double>', baskets: 4 });
    expect(new Set(trees[0]?.branches.map(({ codec }) => codec))).toEqual(new Set(['L4', 'none', undefined]));
  });
});

describe('an RNTuple made from a TTree', () => {
  const columns = ['nMuon', 'Muon_pt', 'Muon_eta', 'Muon_phi', 'Muon_mass', 'Muon_charge', 'MET_pt'];

  it('has the same values', async () => {
    const [ttree, rntuple] = [await openFixture('nano_ttree.root', 'Events'), await openFixture('nano.root', 'Events')];
    for (const name of columns) {
      const own = await digestBranch(rntuple, rntuple.branch(name));
      expect({ name, ...own }).toEqual({ name, ...(await digestBranch(ttree, ttree.branch(name))) });
    }
  });

  it('gives an analysis the same histograms', async () => {
    const analysis = await loadBuiltInAnalysis('cms-dimuon');
    const [old, own] = await Promise.all(
      ['nano_ttree.root', 'nano.root'].map(async (name) => {
        const out = startPartial(analysis, analysis.parameters);
        const tree = await openFixture(name, 'Events');
        for await (const batch of readColumns(tree, Object.keys(columnsToRead(analysis, true)), { batchBytes: 2000 })) {
          processBatch(analysis, out, analysis.parameters, { entries: batch.to - batch.from, columns: batch.columns, isData: true });
        }
        return out['mass']?.contents();
      }),
    );
    expect(own?.sumw.reduce((sum, value) => sum + value)).toBeGreaterThan(20);
    expect(own).toEqual(old);
  });
});

const PHYSLITE = join(testData ?? '', 'skhep/uproot-physlite-rntuple_v1-0-0-0.root');

describe.skipIf(!existsSync(PHYSLITE))('a large schema', () => {
  it('is described and read', async () => {
    const source = await openFileSource(PHYSLITE);
    const tree = await openTree(await openRootFile(source), 'EventData');
    // As many as uproot reads, and the second part of a pair.
    expect(tree.rntuple?.plans.size).toBe(897);
    expect(await digestBranch(tree, tree.branch('METAssoc_AnalysisMETAux:.calpx'))).toMatchObject({ entries: 100, dtype: 'float32' });
    await source.close();
  });
});
