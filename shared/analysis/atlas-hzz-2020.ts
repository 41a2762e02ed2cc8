/**
 * H -> ZZ* -> 4 leptons with the ATLAS Open Data of 2020 (10 fb-1 at 13 TeV, tree `mini`, energies in MeV).
 * Weights are the generator's weight and four scale factors; cross section, Σw and luminosity come from the catalogue when
 * the plot is made. Only the first four leptons of an event are looked at, in file order.
 */
import { regular } from '#shared/histogram/axis.ts';
import { requireAligned } from './aligned.ts';
import { defineAnalysis } from './define-analysis.ts';
import { fourObjectMass } from './kinematics.ts';
import { isFourLeptonFlavour, passesPt, sumOfFour } from './selection.ts';

const MEV_PER_GEV = 1000;

export const analysis = defineAnalysis({
  name: 'atlas-hzz-2020',
  title: 'H → ZZ* → 4ℓ, ATLAS Open Data 2020',
  tree: 'mini',
  columns: {
    lep_pt: 'f32[]',
    lep_eta: 'f32[]',
    lep_phi: 'f32[]',
    lep_E: 'f32[]',
    lep_charge: 'i32[]',
    lep_type: 'u32[]',
  },
  mcColumns: {
    mcWeight: 'f32',
    scaleFactor_PILEUP: 'f32',
    scaleFactor_ELE: 'f32',
    scaleFactor_MUON: 'f32',
    scaleFactor_LepTRIGGER: 'f32',
  },
  parameters: {
    /** Leptons 1, 2, 3 ... must have more transverse momentum than this; 0 is no cut. 30,20,10 is the usual tighter set. */
    leptonPtGeV: [0, 0, 0],
    bins: 34,
    massLoGeV: 80,
    massHiGeV: 250,
  },
  histograms: ({ bins, massLoGeV, massHiGeV }) => ({
    m4l: {
      title: 'Four-lepton invariant mass',
      axes: [regular(bins, massLoGeV, massHiGeV, { name: 'm4l', label: 'Four-lepton invariant mass m_{4ℓ}', unit: 'GeV' })],
    },
  }),
  cutFlow: ['all', 'four leptons, pT', 'flavour', 'charge'],
  signalWindow: { histogram: 'm4l', lo: 115, hi: 130 },
  process({ entries, mc, lep_pt, lep_eta, lep_phi, lep_E, lep_charge, lep_type }, out, { leptonPtGeV }) {
    requireAligned({ lep_pt, lep_eta, lep_phi, lep_E, lep_charge, lep_type });
    const minima = leptonPtGeV.map((minimum) => minimum * MEV_PER_GEV);
    const { offsets } = lep_pt;
    for (let entry = 0; entry < entries; entry++) {
      // Offsets have entries + 1 numbers.
      const first = offsets[entry]!;
      const count = offsets[entry + 1]! - first;
      const weight = mc === undefined ? 1 : weightOf(mc, entry);
      out.cutFlow.fill(0, weight);
      if (count < 4 || !passesPt(lep_pt.values, first, count, minima)) continue;
      out.cutFlow.fill(1, weight);
      if (!isFourLeptonFlavour(lep_type.values, first)) continue;
      out.cutFlow.fill(2, weight);
      if (sumOfFour(lep_charge.values, first) !== 0) continue;
      out.cutFlow.fill(3, weight);
      const mass = fourObjectMass(lep_pt.values, lep_eta.values, lep_phi.values, lep_E.values, first);
      out.m4l.fill(mass / MEV_PER_GEV, weight);
    }
  },
});

type Weights = Record<
  'mcWeight' | 'scaleFactor_PILEUP' | 'scaleFactor_ELE' | 'scaleFactor_MUON' | 'scaleFactor_LepTRIGGER',
  { readonly values: Float32Array }
>;

function weightOf(mc: Weights, entry: number): number {
  return (
    mc.mcWeight.values[entry]! *
    mc.scaleFactor_PILEUP.values[entry]! *
    mc.scaleFactor_ELE.values[entry]! *
    mc.scaleFactor_MUON.values[entry]! *
    mc.scaleFactor_LepTRIGGER.values[entry]!
  );
}
