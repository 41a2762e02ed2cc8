/** An analysis that takes as long as it is told, so that small files keep a whole cluster busy: leading lepton pT. */
import { defineAnalysis } from '../../shared/analysis/define-analysis.ts';
import { regular } from '../../shared/histogram/axis.ts';

export const analysis = defineAnalysis({
  name: 'slow',
  title: 'Leading lepton, slowly',
  tree: 'mini',
  columns: { lep_pt: 'f32[]' },
  mcColumns: { mcWeight: 'f32' },
  /** Square roots an event. */
  parameters: { spin: 0 },
  histograms: () => ({
    pt: { title: 'Leading lepton', axes: [regular(50, 0, 200, { name: 'pt', label: 'Leading lepton pT', unit: 'GeV' })] },
  }),
  cutFlow: ['all'],
  process(events, out, { spin }) {
    const { values, offsets } = events.lep_pt;
    for (let i = 0; i < events.entries; i++) {
      let sum = 0;
      for (let k = 0; k < spin; k++) sum += Math.sqrt(i + k);
      const weight = (events.mc?.mcWeight.values[i] ?? 1) * (sum < 0 ? 0 : 1);
      out.cutFlow.fill(0, weight);
      if (offsets[i + 1]! > offsets[i]!) out.pt.fill(values[offsets[i]!]! / 1000, weight);
    }
  },
});
