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
  process(events, out, { leptonPtGeV }) {
    const { entries, mc, lep_pt, lep_eta, lep_phi, lep_E, lep_charge, lep_type } = events;
    requireAligned({ lep_pt, lep_eta, lep_phi, lep_E, lep_charge, lep_type });
    const minima = leptonPtGeV.map((minimum) => minimum * MEV_PER_GEV);
    const { offsets } = lep_pt;
    // Arrays are taken out of their columns once: a column is made when it is asked for, which costs something each time.
    const leptons = { pt: lep_pt.values, charge: lep_charge.values, type: lep_type.values };
    const eta = lep_eta.values;
    const phi = lep_phi.values;
    const energy = lep_E.values;
    const weights = mc === undefined ? undefined : weightColumns(mc);
    for (let entry = 0; entry < entries; entry++) {
      // Offsets have entries + 1 numbers.
      const first = offsets[entry]!;
      const count = offsets[entry + 1]! - first;
      const weight = weights === undefined ? 1 : weightOf(weights, entry);
      const passed = stepsPassed(leptons, first, count, minima);
      out.cutFlow.fillUpTo(passed, weight);
      if (passed < CHARGE) continue;
      out.m4l.fill(fourObjectMass(leptons.pt, eta, phi, energy, first) / MEV_PER_GEV, weight);
    }
  },
});

/** Index of the last step of the cut flow. */
const CHARGE = 3;

interface Leptons {
  readonly pt: Float32Array;
  readonly charge: Int32Array;
  readonly type: Uint32Array;
}

/** The last step of the cut flow that an event passes. */
function stepsPassed({ pt, charge, type }: Leptons, first: number, count: number, minima: readonly number[]): number {
  if (count < 4 || !passesPt(pt, first, count, minima)) return 0;
  if (!isFourLeptonFlavour(type, first)) return 1;
  return sumOfFour(charge, first) === 0 ? CHARGE : 2;
}

type Weights = Readonly<Record<'generator' | 'pileup' | 'electrons' | 'muons' | 'trigger', Float32Array>>;
type WeightName = 'mcWeight' | 'scaleFactor_PILEUP' | 'scaleFactor_ELE' | 'scaleFactor_MUON' | 'scaleFactor_LepTRIGGER';

/** The factors of the weight. */
function weightColumns(mc: Readonly<Record<WeightName, { readonly values: Float32Array }>>): Weights {
  return {
    generator: mc.mcWeight.values,
    pileup: mc.scaleFactor_PILEUP.values,
    electrons: mc.scaleFactor_ELE.values,
    muons: mc.scaleFactor_MUON.values,
    trigger: mc.scaleFactor_LepTRIGGER.values,
  };
}

function weightOf({ generator, pileup, electrons, muons, trigger }: Weights, entry: number): number {
  // Every column has all entries.
  return generator[entry]! * pileup[entry]! * electrons[entry]! * muons[entry]! * trigger[entry]!;
}
