import { readFileSync } from 'node:fs';
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

describe('the analysis in README.md', () => {
  const path = new URL('../examples/first-analysis.ts', import.meta.url);

  it('is the file that it names', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(readme).toContain(`\`\`\`ts\n${readFileSync(path, 'utf8')}\`\`\``);
  });

  it('runs', async () => {
    const analysis = await loadAnalysisFile(path);
    const parameters = resolveParameters(analysis, { bins: '20' });
    const out = startPartial(analysis, parameters);
    processBatch(analysis, out, parameters, { entries: 2, columns: { met_et: columnFrom('f32', [12_000, 61_000]) }, isData: true });
    expect([...out['met']!.contents().sumw].flatMap((sum, cell) => (sum === 0 ? [] : [cell]))).toEqual([2, 7]); // 10 GeV bins
  });
});

describe('examples/preselect.ts', () => {
  it('counts each event once, and sees the muons of those that are kept', async () => {
    const analysis = await loadAnalysisFile(new URL('../examples/preselect.ts', import.meta.url));
    const parameters = resolveParameters(analysis, { minMetGeV: '100' });
    const out = startPartial(analysis, parameters);
    const muons = [[], [20, 30], [40, 50], [45, 45], [60, 70, 80]];
    const lists = (name: string) => columnFrom('f32[]', name === 'Muon_pt' ? muons : muons.map((list) => list.map((_, i) => 2 * i)));
    const columns = {
      ...Object.fromEntries(['Muon_pt', 'Muon_eta', 'Muon_phi', 'Muon_mass'].map((name) => [name, lists(name)])),
      Muon_charge: columnFrom(
        'i32[]',
        muons.map((list, event) => list.map((_, i) => (event === 2 || i === 0 ? 1 : -1))),
      ),
      MET_pt: columnFrom('f32', [500, 50, 500, 500, 500]),
    };
    processBatch(analysis, out, parameters, { entries: 5, columns, isData: true });
    expect([...out.cutFlow.contents().entries]).toEqual([5, 4, 1, 0]);
    expect(out['mass']!.contents().entries.reduce((a, b) => a + b, 0)).toBe(1);
  });
});
