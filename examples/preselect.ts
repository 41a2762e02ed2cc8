/**
 * A selection that few events pass: dimuon masses in CMS NanoAOD where much momentum is missing. Missing momentum and charges are
 * read first; the other columns are fetched and decoded only where an event is left, and the report says what that saved.
 *
 *     higgsflow run --analysis ./examples/preselect.ts --data 'nano/*.root' --set minMetGeV=400
 */
import { defineAnalysis, pairMass, regular } from 'higgsflow/analysis';

export const analysis = defineAnalysis({
  name: 'dimuon-missing-momentum',
  title: 'Dimuon masses with missing momentum',
  tree: 'Events',
  columns: { Muon_pt: 'f32[]', Muon_eta: 'f32[]', Muon_phi: 'f32[]', Muon_mass: 'f32[]', Muon_charge: 'i32[]', MET_pt: 'f32' },
  parameters: { minMetGeV: 300 },
  histograms: () => ({
    mass: { title: 'Dimuon mass', axes: [regular(60, 0, 180, { name: 'mass', label: 'Dimuon mass', unit: 'GeV' })] },
  }),
  cutFlow: ['all', 'missing momentum', 'two muons of opposite charge'],
  preselect: {
    columns: ['MET_pt', 'Muon_charge'],
    // An event is counted here if it is rejected, and by `process` if it is kept.
    select({ entries, MET_pt, Muon_charge: { values, offsets } }, keep, out, { minMetGeV }) {
      for (let entry = 0; entry < entries; entry++) {
        const first = offsets[entry]!;
        if (!(MET_pt.values[entry]! > minMetGeV)) out.cutFlow.fillUpTo(0);
        else if (offsets[entry + 1]! - first !== 2 || values[first] === values[first + 1]) out.cutFlow.fillUpTo(1);
        else keep[entry] = 1;
      }
    },
  },
  // Sees the kept events only, as if there were no others.
  process({ entries, Muon_pt, Muon_eta, Muon_phi, Muon_mass }, out) {
    for (let entry = 0; entry < entries; entry++) {
      out.cutFlow.fillUpTo(2);
      out.mass.fill(pairMass(Muon_pt.values, Muon_eta.values, Muon_phi.values, Muon_mass.values, Muon_pt.offsets[entry]!));
    }
  },
});
