/**
 * H -> ZZ* -> 4 leptons with the ATLAS Open Data of 2025 (36.6 fb-1 at 13 TeV, tree `analysis`, energies in GeV).
 * Cross section, efficiencies and the sum of weights are columns of the simulated files, so the weight filled here is the
 * number of events per pb-1; luminosity is applied when the plot is made (`normalisation: 'per-event'`).
 *
 * Column types are those of the release's published variable list; `lep_type` is an int there, not unsigned as in 2020.
 */
import { regular } from '#shared/histogram/axis.ts';
import { requireAligned } from './aligned.ts';
import { defineAnalysis } from './define-analysis.ts';
import { fourObjectMass } from './kinematics.ts';
import { anyTrue, isFourLeptonFlavour, passesPt, sumOfFour } from './selection.ts';

const ELECTRON = 11;
const MUON = 13;

export const analysis = defineAnalysis({
  name: 'atlas-hzz-2025',
  title: 'H → ZZ* → 4ℓ, ATLAS Open Data 2025',
  tree: 'analysis',
  columns: {
    trigE: 'bool',
    trigM: 'bool',
    lep_pt: 'f32[]',
    lep_eta: 'f32[]',
    lep_phi: 'f32[]',
    lep_e: 'f32[]',
    lep_charge: 'i32[]',
    lep_type: 'i32[]',
    lep_isTrigMatched: 'bool[]',
    lep_isLooseID: 'bool[]',
    lep_isMediumID: 'bool[]',
    lep_isLooseIso: 'bool[]',
  },
  mcColumns: {
    sum_of_weights: 'f64',
    filteff: 'f32',
    kfac: 'f32',
    xsec: 'f32',
    mcWeight: 'f32',
    ScaleFactor_PILEUP: 'f32',
    ScaleFactor_ELE: 'f32',
    ScaleFactor_MUON: 'f32',
    ScaleFactor_LepTRIGGER: 'f32',
  },
  parameters: {
    /** Leptons 1, 2, 3 ... (file order) must have more transverse momentum than this; 0 is no cut. */
    leptonPtGeV: [20, 15, 10],
    /** False takes the absolute value of every factor, as the published notebook does; true keeps negative weights. */
    signedWeights: false,
    bins: 68,
    massLoGeV: 80,
    massHiGeV: 250,
  },
  histograms: ({ bins, massLoGeV, massHiGeV }) => ({
    m4l: {
      title: 'Four-lepton invariant mass',
      axes: [regular(bins, massLoGeV, massHiGeV, { name: 'm4l', label: 'Four-lepton invariant mass m_{4ℓ}', unit: 'GeV' })],
    },
  }),
  cutFlow: ['all', 'trigger', 'trigger match', 'lepton pT', 'four good leptons', 'flavour', 'charge'],
  signalWindow: { histogram: 'm4l', lo: 122.5, hi: 130 },
  process(events, out, { leptonPtGeV, signedWeights }) {
    const { entries, mc, lep_pt, lep_eta, lep_phi, lep_e, lep_charge, lep_type } = events;
    const { lep_isTrigMatched, lep_isLooseID, lep_isMediumID, lep_isLooseIso, trigE, trigM } = events;
    const ids = { lep_isTrigMatched, lep_isLooseID, lep_isMediumID, lep_isLooseIso };
    requireAligned({ lep_pt, lep_eta, lep_phi, lep_e, lep_charge, lep_type, ...ids });
    const { offsets } = lep_pt;
    // Plain members: a column is made when it is asked for, and asking costs something each time.
    const candidates = { lep_pt, lep_charge, lep_type, ...ids, trigE, trigM };
    const factors = mc === undefined ? undefined : { ...mc };
    for (let entry = 0; entry < entries; entry++) {
      // Offsets have entries + 1 numbers.
      const first = offsets[entry]!;
      const weight = factors === undefined ? 1 : weightOf(factors, entry, signedWeights);
      const passed = stepsPassed(candidates, entry, leptonPtGeV);
      out.cutFlow.fillUpTo(passed, weight);
      if (passed < CHARGE) continue;
      out.m4l.fill(fourObjectMass(lep_pt.values, lep_eta.values, lep_phi.values, lep_e.values, first), weight);
    }
  },
});

/** Index of the last step of the cut flow. */
const CHARGE = 6;

interface Leptons {
  readonly lep_type: { readonly values: Int32Array };
  readonly lep_isLooseID: { readonly values: Uint8Array };
  readonly lep_isMediumID: { readonly values: Uint8Array };
  readonly lep_isLooseIso: { readonly values: Uint8Array };
}

interface Candidates extends Leptons {
  readonly trigE: { readonly values: Uint8Array };
  readonly trigM: { readonly values: Uint8Array };
  readonly lep_pt: { readonly values: Float32Array; readonly offsets: Int32Array };
  readonly lep_charge: { readonly values: Int32Array };
  readonly lep_isTrigMatched: { readonly values: Uint8Array };
}

/** The last step of the cut flow that an event passes. */
function stepsPassed(candidates: Candidates, entry: number, minima: readonly number[]): number {
  const { trigE, trigM, lep_pt, lep_charge, lep_type, lep_isTrigMatched } = candidates;
  // Offsets have entries + 1 numbers.
  const first = lep_pt.offsets[entry]!;
  const end = lep_pt.offsets[entry + 1]!;
  if (trigE.values[entry] === 0 && trigM.values[entry] === 0) return 0;
  if (!anyTrue(lep_isTrigMatched.values, first, end)) return 1;
  if (!passesPt(lep_pt.values, first, end - first, minima)) return 2;
  if (countGood(candidates, first, end) !== 4) return 3;
  if (!isFourLeptonFlavour(lep_type.values, first)) return 4;
  return sumOfFour(lep_charge.values, first) === 0 ? CHARGE : 5;
}

/** Electrons must be loose, muons medium, and both loosely isolated. */
function countGood({ lep_type, lep_isLooseID, lep_isMediumID, lep_isLooseIso }: Leptons, first: number, end: number): number {
  let good = 0;
  for (let i = first; i < end; i++) {
    if (lep_isLooseIso.values[i] === 0) continue;
    const type = lep_type.values[i];
    if ((type === ELECTRON && lep_isLooseID.values[i] !== 0) || (type === MUON && lep_isMediumID.values[i] !== 0)) good++;
  }
  return good;
}

type Weights = Record<
  'filteff' | 'kfac' | 'xsec' | 'mcWeight' | 'ScaleFactor_PILEUP' | 'ScaleFactor_ELE' | 'ScaleFactor_MUON' | 'ScaleFactor_LepTRIGGER',
  { readonly values: Float32Array }
> & { readonly sum_of_weights: { readonly values: Float64Array } };

/** Expected events per pb-1. The absolute value of the product is the product of absolute values, also in floating point. */
function weightOf(mc: Weights, entry: number, signed: boolean): number {
  const product =
    mc.filteff.values[entry]! *
    mc.kfac.values[entry]! *
    mc.xsec.values[entry]! *
    mc.mcWeight.values[entry]! *
    mc.ScaleFactor_PILEUP.values[entry]! *
    mc.ScaleFactor_ELE.values[entry]! *
    mc.ScaleFactor_MUON.values[entry]! *
    mc.ScaleFactor_LepTRIGGER.values[entry]!;
  return (signed ? product : Math.abs(product)) / mc.sum_of_weights.values[entry]!;
}
