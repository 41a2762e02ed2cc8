import { regular } from '../histogram/axis.ts';
import { defineAnalysis } from './define-analysis.ts';

/** What `higgsflow rehearse` runs: next to no work over synthetic:// files, partials of a usual size. */
export const analysis = defineAnalysis({
  name: 'rehearsal',
  title: 'Rehearsal with synthetic tasks',
  tree: 'rehearsal',
  columns: { x: 'f32' },
  histograms: () => ({ x: { title: 'x', axes: [regular(34, 0, 100, { name: 'x', label: 'x' })] } }),
  cutFlow: ['all'],
  process({ entries, x }, out) {
    for (let entry = 0; entry < entries; entry++) {
      out.cutFlow.fill(0);
      out.x.fill(x.values[entry]!);
    }
  },
});
