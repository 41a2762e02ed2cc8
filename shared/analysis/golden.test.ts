import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HistogramContents } from '#shared/histogram/contents.ts';
import { readBatches } from '#shared/root/batches.ts';
import { openRootFile } from '#shared/root/file.ts';
import { openTree } from '#shared/root/tree.ts';
import { openFileSource } from '#shared/storage/file.ts';
import { testData } from '../../test/test-data.ts';
import { resolveParameters } from './parameters.ts';
import { columnsToRead, mergePartial, type NamedHistograms, processBatch, startPartial } from './partial.ts';
import { loadBuiltInAnalysis } from './registry.ts';

interface Golden {
  readonly bins: number;
  readonly lo: number;
  readonly hi: number;
  readonly entries: number;
  readonly underflow: number;
  readonly overflow: number;
  readonly values: readonly number[];
  readonly variances: readonly number[];
  readonly cutflow?: Readonly<Record<string, number>>;
}

type Goldens = Readonly<Record<'atlas_hzz' | 'dimuon', Readonly<Record<string, Golden>>>>;

const goldens = testData === undefined ? undefined : (JSON.parse(readFileSync(join(testData, 'golden/analysis.json'), 'utf8')) as Goldens);

async function run(name: string, file: string, overrides: Record<string, unknown> = {}, batchBytes?: number): Promise<NamedHistograms> {
  const analysis = await loadBuiltInAnalysis(name);
  const parameters = resolveParameters(analysis, overrides);
  const out = startPartial(analysis, parameters);
  const source = await openFileSource(join(testData ?? '', file));
  try {
    const tree = await openTree(await openRootFile(source), analysis.tree);
    const names = Object.keys(columnsToRead(analysis, true));
    for await (const { from, to, columns } of readBatches(tree, names, batchBytes === undefined ? {} : { batchBytes })) {
      processBatch(analysis, out, parameters, { entries: to - from, columns, isData: true });
    }
  } finally {
    await source.close();
  }
  return out;
}

function expectGolden({ axes, sumw, sumw2, entries }: HistogramContents, golden: Golden): void {
  expect(axes[0]).toMatchObject({ bins: golden.bins, lo: golden.lo, hi: golden.hi });
  expect([...sumw]).toEqual([golden.underflow, ...golden.values, golden.overflow]);
  expect([...sumw2].slice(1, -1)).toEqual(golden.variances);
  expect(entries.reduce((sum, fills) => sum + fills)).toBe(golden.entries);
}

const ATLAS = ['A', 'B', 'C', 'D'].map((period) => `real/atlas4lep/data_${period}.4lep.root`);
const CMS = ['real/coffea/nano_dy.root', 'skhep/nanoAOD_2015_CMS_Open_Data_ttbar.root'];

describe.skipIf(goldens === undefined)('atlas-hzz-2020 on real data', () => {
  it.each(ATLAS)('%s has the golden bins', async (file) => {
    const golden = goldens!.atlas_hzz[file]!;
    const out = await run('atlas-hzz-2020', file);
    expectGolden(out['m4l']!.contents(), golden);
    const steps = out.cutFlow.contents().entries;
    expect([steps[0], steps[3]]).toEqual([golden.cutflow!['all'], golden.entries]);
  });

  it('keeps 507 of 832 events, in any number of batches', async () => {
    const analysis = await loadBuiltInAnalysis('atlas-hzz-2020');
    const sum = startPartial(analysis, analysis.parameters);
    for (const [i, file] of ATLAS.entries()) mergePartial(sum, await run('atlas-hzz-2020', file, {}, [undefined, 1, 5000][i % 3]));
    expect([...sum.cutFlow.contents().entries].filter((_, step) => step === 0 || step === 3)).toEqual([832, 507]);
    const golden = (goldens!.atlas_hzz as Record<string, Golden>)['real_data_A+B+C+D']!;
    expect([...sum['m4l']!.contents().sumw.slice(1, -1)]).toEqual(golden.values);
  });

  it('keeps 21, 66, 116 and 209 events with the published pT cuts', async () => {
    const kept = await Promise.all(ATLAS.map((file) => run('atlas-hzz-2020', file, { leptonPtGeV: '30,20,10' })));
    expect(kept.map((out) => out.cutFlow.contents().entries[3])).toEqual([21, 66, 116, 209]);
  });
});

describe.skipIf(goldens === undefined)('cms-dimuon on real data', () => {
  it.each(CMS)('%s has the golden bins', async (file) => {
    expectGolden((await run('cms-dimuon', file))['mass']!.contents(), goldens!.dimuon[file]!);
  });
});
