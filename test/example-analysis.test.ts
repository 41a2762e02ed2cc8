import { describe, expect, it } from 'vitest';
import { analysis as declared } from '../examples/my-analysis.ts';
import { resolveParameters } from '../shared/analysis/parameters.ts';
import { processBatch, startPartial } from '../shared/analysis/partial.ts';
import { loadAnalysisFile } from '../shared/analysis/registry.ts';
import { columnFrom } from '../shared/analysis/test-columns.ts';

describe('examples/my-analysis.ts', () => {
  it('loads as a user would give it, and fills what it says', async () => {
    const analysis = await loadAnalysisFile(new URL('../examples/my-analysis.ts', import.meta.url));
    expect(analysis.name).toBe(declared.name);
    const parameters = resolveParameters(analysis, { minLeptonPtGeV: '25' });
    const out = startPartial(analysis, parameters);
    const columns = {
      met_et: columnFrom('f32', [12_000, 61_000, 7_000]),
      lep_pt: columnFrom('f32[]', [[31_000, 9_000], [20_000], []]),
    };
    processBatch(analysis, out, parameters, { entries: 3, columns, isData: true });
    expect([...out.cutFlow.contents().entries]).toEqual([3, 2, 1, 0]);
    // 5 GeV bins; cell 0 is underflow.
    expect(out['met']!.contents().sumw[3]).toBe(1);
    expect(out['pt']!.contents().sumw[7]).toBe(1);
  });
});
