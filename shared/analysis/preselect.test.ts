/** An analysis with a preselection fills what one fills that sees every entry, whatever is read late, and however it is cut. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import { encodeHistogram } from '#shared/histogram/codec.ts';
import { readBatches } from '#shared/root/batches.ts';
import type { Column } from '#shared/root/column-type.ts';
import { openRootFile } from '#shared/root/file.ts';
import { openTree, type Tree } from '#shared/root/tree.ts';
import { bytesSource } from '../../test/bytes-source.ts';
import { type Analysis, defineAnalysis } from './define-analysis.ts';
import { EntryFilter } from './keep-entries.ts';
import { columnsToPreselect, type NamedHistograms, preselectBatch, processBatch, startPartial } from './partial.ts';
import { columnFrom, randomColumns, sliceColumns } from './test-columns.ts';

const declaration = {
  name: 'pt-sums',
  title: 'Sums of transverse momenta',
  tree: 'Events',
  columns: { lep_pt: 'f32[]', lep_charge: 'i32[]', met: 'f32' },
  mcColumns: { weight: 'f32' },
  parameters: { minMet: 60 },
  histograms: () => ({ sum: { title: 'Sum', axes: [regular(20, 0, 400, { name: 'sum' })] } }),
  cutFlow: ['all', 'missing momentum', 'leptons'],
} as const;

const everything = defineAnalysis({
  ...declaration,
  process({ entries, lep_pt, met, mc }, out, { minMet }) {
    for (let entry = 0; entry < entries; entry++) {
      const weight = mc?.weight.values[entry] ?? 1;
      const list = lep_pt.values.subarray(lep_pt.offsets[entry], lep_pt.offsets[entry + 1]);
      const passed = !(met.values[entry]! > minMet) ? 0 : list.length < 2 ? 1 : 2;
      out.cutFlow.fillUpTo(passed, weight);
      if (passed === 2)
        out.sum.fill(
          list.reduce((a, b) => a + b, 0),
          weight,
        );
    }
  },
});

const inTwoSteps = defineAnalysis({
  ...declaration,
  preselect: {
    columns: ['met'],
    select({ entries, met, mc }, keep, out, { minMet }) {
      for (let entry = 0; entry < entries; entry++) {
        if (met.values[entry]! > minMet) keep[entry] = 1;
        else out.cutFlow.fillUpTo(0, mc?.weight.values[entry] ?? 1);
      }
    },
  },
  process({ entries, lep_pt, lep_charge, mc }, out) {
    expect(lep_charge.offsets).toBe(lep_pt.offsets);
    for (let entry = 0; entry < entries; entry++) {
      const weight = mc?.weight.values[entry] ?? 1;
      const list = lep_pt.values.subarray(lep_pt.offsets[entry], lep_pt.offsets[entry + 1]);
      out.cutFlow.fillUpTo(list.length < 2 ? 1 : 2, weight);
      if (list.length >= 2)
        out.sum.fill(
          list.reduce((a, b) => a + b, 0),
          weight,
        );
    }
  },
});

const hex = (histograms: NamedHistograms) =>
  Object.entries(histograms).map(([name, histogram]) => [name, Buffer.from(encodeHistogram(histogram)).toString('hex')]);

describe('preselect', () => {
  const ENTRIES = 300;
  const random = randomColumns({ ...declaration.columns, ...declaration.mcColumns }, ENTRIES, 7);
  const columns = { ...random, lep_charge: { ...random['lep_charge'], offsets: random['lep_pt']?.offsets } as Column };

  it.each([true, false])('changes no bit of the result, for any split of the entries and any cut (data: %s)', (isData) => {
    const fill = (analysis: Analysis, edges: readonly number[], minMet: number) => {
      const out = startPartial(analysis, { minMet });
      for (const [i, to] of edges.slice(1).entries()) {
        const from = edges[i] ?? 0;
        const part = sliceColumns(columns, from, to);
        const { lep_pt, lep_charge } = part as { lep_pt: Column; lep_charge: Column };
        const shared = { ...lep_charge, offsets: lep_pt.offsets } as Column;
        processBatch(analysis, out, { minMet }, { entries: to - from, columns: { ...part, lep_charge: shared }, isData });
      }
      return hex(out);
    };
    expect(fill(everything, [0, ENTRIES], 60)).not.toEqual(fill(everything, [0, ENTRIES], 1e9));
    fc.assert(
      fc.property(fc.array(fc.nat(ENTRIES), { maxLength: 9 }), fc.integer({ min: 0, max: 110 }), (cuts, minMet) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), ENTRIES];
        expect(fill(inTwoSteps, edges, minMet)).toEqual(fill(everything, [0, ENTRIES], minMet));
      }),
    );
  });

  it('names columns that are declared, and a function', () => {
    const wrong = { ...inTwoSteps, preselect: { columns: ['mett'] } } as unknown as Parameters<typeof defineAnalysis>[0];
    expect(() => defineAnalysis(wrong)).toThrow(
      /`preselect` names `mett`, which is not in `columns`; `preselect` needs a function `select`/,
    );
  });
});

describe('preselect over a file', () => {
  const FIXTURE = join(import.meta.dirname, '../../test/fixtures/types_zlib.root');

  /** Sums of `f` and of the lists of `vector_float`, for entries in a window. */
  const window = (lo: number, hi: number) =>
    defineAnalysis({
      name: 'window',
      title: 'Entries in a window',
      tree: 'types',
      columns: { i32: 'i32', f32: 'f32', vector_float: 'f32[]' },
      histograms: () => ({ count: { title: 'Lengths', axes: [regular(10, 0, 10, { name: 'length' })] } }),
      cutFlow: ['all', 'inside'],
      preselect: {
        columns: ['i32'],
        select({ entries, i32 }, keep, out) {
          for (let entry = 0; entry < entries; entry++) {
            const value = Math.abs(i32.values[entry]!) % 1000;
            if (value >= lo && value < hi) keep[entry] = 1;
            else out.cutFlow.fillUpTo(0);
          }
        },
      },
      process({ entries, vector_float, f32 }, out) {
        expect(f32.values.length).toBe(entries);
        for (let entry = 0; entry < entries; entry++) {
          out.cutFlow.fillUpTo(1);
          out.count.fill(vector_float.offsets[entry + 1]! - vector_float.offsets[entry]!);
        }
      },
    });

  async function fill(tree: Tree, analysis: Analysis, batchBytes: number, isLate: boolean) {
    const out = startPartial(analysis, {});
    const first = columnsToPreselect(analysis, true) ?? [];
    const select = (batch: { from: number; to: number; columns: Readonly<Record<string, Column>> }) =>
      preselectBatch(analysis, out, {}, { entries: batch.to - batch.from, columns: batch.columns, isData: true });
    const late = isLate ? { late: { first, select } } : {};
    for await (const { from, to, columns, selection } of readBatches(tree, Object.keys(analysis.columns), { batchBytes, ...late }))
      processBatch(analysis, out, {}, { entries: to - from, columns, isData: true, keep: selection?.wanted });
    return hex(out);
  }

  it('changes no bit of the result where columns are read late', async () => {
    const tree = await openTree(await openRootFile(bytesSource(readFileSync(FIXTURE))), 'types');
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.nat(1000), fc.integer({ min: 50, max: 20_000 }), async (a, b, batchBytes) => {
        const analysis = window(Math.min(a, b), Math.max(a, b));
        expect(await fill(tree, analysis, batchBytes, true)).toEqual(await fill(tree, analysis, 1e9, false));
      }),
      { numRuns: 20 },
    );
  });
});

describe('EntryFilter', () => {
  it('keeps entries of columns of any depth', () => {
    const rows = fc.array(fc.tuple(fc.boolean(), fc.array(fc.nat(99), { maxLength: 4 }), fc.nat(99)), { maxLength: 30 });
    fc.assert(
      fc.property(rows, (all) => {
        const filter = new EntryFilter(Uint8Array.from(all, ([keep]) => Number(keep)));
        const kept = all.filter(([keep]) => keep);
        expect(filter.kept).toBe(kept.length);
        const lists = (some: typeof all) =>
          columnFrom(
            'i32[]',
            some.map(([, list]) => list),
          );
        const pairs = (some: typeof all) =>
          columnFrom(
            'f64[2]',
            some.map(([, , n]) => [n, -n]),
          );
        expect(filter.apply(lists(all))).toEqual(lists(kept));
        expect(filter.apply(pairs(all))).toEqual(pairs(kept));
        const nested = (some: typeof all): Column => {
          const { values, offsets = new Int32Array() } = lists(some);
          return {
            type: 'i32[][2]',
            values: Int32Array.from([...values].flatMap((v) => [Number(v), 1])),
            levels: [{ offsets }, { size: 2 }],
          };
        };
        expect(filter.apply(nested(all))).toEqual(nested(kept));
      }),
    );
  });
});
