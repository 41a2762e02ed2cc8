/**
 * An analysis of your own: missing energy, and the leading lepton's transverse momentum, in ATLAS Open Data.
 *
 *     higgsflow run --analysis ./examples/my-analysis.ts --data 'atlas/*.root' --set minLeptonPtGeV=25
 */
import { defineAnalysis, regular } from 'higgsflow/analysis';

export const analysis = defineAnalysis({
  name: 'my-analysis',
  title: 'Missing energy and leading lepton',
  tree: 'mini',
  // Only these branches are read. `f32` is one number an event, `f32[]` a list.
  columns: { met_et: 'f32', lep_pt: 'f32[]' },
  // Branches that matter for simulated files only.
  mcColumns: { mcWeight: 'f32' },
  // Defaults; `--set name=value` changes them without touching this file.
  parameters: { minLeptonPtGeV: 0, bins: 40 },
  histograms: ({ bins }) => ({
    met: { title: 'Missing transverse energy', axes: [regular(bins, 0, 200, { name: 'met', label: 'Missing ET', unit: 'GeV' })] },
    pt: { title: 'Leading lepton', axes: [regular(bins, 0, 200, { name: 'pt', label: 'Leading lepton pT', unit: 'GeV' })] },
  }),
  cutFlow: ['all', 'a lepton', 'lepton pT'],
  process({ entries, mc, met_et, lep_pt }, out, { minLeptonPtGeV }) {
    for (let entry = 0; entry < entries; entry++) {
      const weight = mc?.mcWeight.values[entry] ?? 1;
      out.cutFlow.fill(0, weight);
      // The leptons of this event are values[first] to values[end - 1].
      const first = lep_pt.offsets[entry]!;
      const end = lep_pt.offsets[entry + 1]!;
      if (end === first) continue;
      out.cutFlow.fill(1, weight);
      const leadingGeV = lep_pt.values[first]! / 1000;
      if (leadingGeV < minLeptonPtGeV) continue;
      out.cutFlow.fill(2, weight);
      out.met.fill(met_et.values[entry]! / 1000, weight);
      out.pt.fill(leadingGeV, weight);
    }
  },
});
