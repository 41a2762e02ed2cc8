/**
 * Mass of muon pairs in CMS NanoAOD (tree `Events`, GeV): events with exactly two muons, of opposite charge. The number of
 * muons is the length of their lists, so `nMuon` is not read. Unweighted.
 */
import { regular } from '#shared/histogram/axis.ts';
import { requireAligned } from './aligned.ts';
import { defineAnalysis } from './define-analysis.ts';
import { pairMass } from './kinematics.ts';

export const analysis = defineAnalysis({
  name: 'cms-dimuon',
  title: 'Dimuon spectrum, CMS NanoAOD',
  tree: 'Events',
  columns: {
    Muon_pt: 'f32[]',
    Muon_eta: 'f32[]',
    Muon_phi: 'f32[]',
    Muon_mass: 'f32[]',
    Muon_charge: 'i32[]',
    MET_pt: 'f32',
  },
  parameters: {
    /** Missing transverse momentum must be greater than this, in GeV; 0 is no cut. */
    minMet: 0,
    bins: 300,
    massLoGeV: 0.25,
    massHiGeV: 300,
  },
  histograms: ({ bins, massLoGeV, massHiGeV }) => ({
    mass: {
      title: 'Dimuon invariant mass',
      axes: [regular(bins, massLoGeV, massHiGeV, { name: 'mass', label: 'Dimuon invariant mass m_{µµ}', unit: 'GeV' })],
    },
  }),
  cutFlow: ['all', 'two muons', 'opposite charge', 'missing momentum'],
  process({ entries, Muon_pt, Muon_eta, Muon_phi, Muon_mass, Muon_charge, MET_pt }, out, { minMet }) {
    requireAligned({ Muon_pt, Muon_eta, Muon_phi, Muon_mass, Muon_charge });
    const { offsets } = Muon_pt;
    for (let entry = 0; entry < entries; entry++) {
      // Offsets have entries + 1 numbers.
      const first = offsets[entry]!;
      if (offsets[entry + 1]! - first !== 2) out.cutFlow.fillUpTo(0);
      else if (Muon_charge.values[first] === Muon_charge.values[first + 1]) out.cutFlow.fillUpTo(1);
      else if (minMet > 0 && !(MET_pt.values[entry]! > minMet)) out.cutFlow.fillUpTo(2);
      else {
        out.cutFlow.fillUpTo(3);
        out.mass.fill(pairMass(Muon_pt.values, Muon_eta.values, Muon_phi.values, Muon_mass.values, first));
      }
    }
  },
});
