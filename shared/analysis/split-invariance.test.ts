import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHistogram } from '#shared/histogram/codec.ts';
import type { Analysis } from './define-analysis.ts';
import { columnsToRead, mergePartial, type NamedHistograms, processBatch, startPartial } from './partial.ts';
import { ANALYSIS_NAMES, loadBuiltInAnalysis } from './registry.ts';
import { type Columns, randomColumns, sliceColumns } from './test-columns.ts';

const ENTRIES = 400;

function fill(analysis: Analysis, columns: Columns, isData: boolean, from: number, to: number): NamedHistograms {
  const out = startPartial(analysis, analysis.parameters);
  processBatch(analysis, out, analysis.parameters, { entries: to - from, columns: sliceColumns(columns, from, to), isData });
  return out;
}

function bytesOf(histograms: NamedHistograms): Record<string, string> {
  return Object.fromEntries(
    Object.entries(histograms).map(([name, histogram]) => [name, Buffer.from(encodeHistogram(histogram)).toString('hex')]),
  );
}

describe.each(ANALYSIS_NAMES)('%s', (name) => {
  it.each([true, false])('gives the same bytes for any split and order of the entries (data: %s)', async (isData) => {
    const analysis = await loadBuiltInAnalysis(name);
    const columns = randomColumns(columnsToRead(analysis, isData), ENTRIES, 20120704, analysis.tree === 'mini' ? 1000 : 1);
    const whole = fill(analysis, columns, isData, 0, ENTRIES);
    // Otherwise nothing would be compared.
    expect(whole.cutFlow.contents().entries[analysis.cutFlow.length - 1]).toBeGreaterThan(5);
    expect(
      Object.values(whole)[0]!
        .contents()
        .entries.slice(1, -1)
        .some((fills) => fills > 0),
    ).toBe(true);
    const expected = bytesOf(whole);
    const cuts = fc.array(fc.record({ at: fc.nat(ENTRIES), order: fc.nat() }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (list) => {
        const edges = [0, ...list.map(({ at }) => at).sort((a, b) => a - b), ENTRIES];
        const parts = edges.slice(1).map((to, i) => ({ from: edges[i]!, to, order: list[i]?.order ?? 0 }));
        const merged = startPartial(analysis, analysis.parameters);
        for (const { from, to } of parts.sort((a, b) => a.order - b.order)) mergePartial(merged, fill(analysis, columns, isData, from, to));
        expect(bytesOf(merged)).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});
