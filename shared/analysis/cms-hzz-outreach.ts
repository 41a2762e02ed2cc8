/**
 * H → ZZ* → 4ℓ with the reduced NanoAOD of CMS Open Data of 2012 (tree `Events`, GeV), after the published example on AOD: good
 * muons and electrons, the leading four (4µ, 4e) or two and two (2µ2e), Z candidates, masses. Unweighted. What the reduced
 * files lack is not asked for: global tracks, missing hits.
 *
 * A muon and an electron stream recorded the same collisions: data are counted in the channels of their own stream only, which
 * parameters say (the catalogue sets them for each dataset). An event that passes in several channels counts in the first.
 */
import { regular } from '#shared/histogram/axis.ts';
import type { ColumnOf } from '#shared/root/column-type.ts';
import { requireAligned } from './aligned.ts';
import { defineAnalysis } from './define-analysis.ts';
import { fourMass, judgeFour, type LeptonCuts, type Leptons, REACHED, takeLeading } from './four-leptons.ts';

const MUON: LeptonCuts = { minPtGeV: 5, maxEta: 2.4 };
const ELECTRON: LeptonCuts = { minPtGeV: 7, maxEta: 2.5 };

/** Columns of one kind of lepton, by the end of their names. */
type Lists = Readonly<Record<'pt' | 'eta' | 'phi' | 'mass' | 'isolation' | 'dxy' | 'dz' | 'dxyErr' | 'dzErr', ColumnOf<'f32[]'>>> & {
  readonly charge: ColumnOf<'i32[]'>;
};

export const analysis = defineAnalysis({
  name: 'cms-hzz-outreach',
  title: 'H → ZZ* → 4ℓ, CMS Open Data 2012',
  tree: 'Events',
  columns: {
    Muon_pt: 'f32[]',
    Muon_eta: 'f32[]',
    Muon_phi: 'f32[]',
    Muon_mass: 'f32[]',
    Muon_charge: 'i32[]',
    Muon_pfRelIso04_all: 'f32[]',
    Muon_dxy: 'f32[]',
    Muon_dz: 'f32[]',
    Muon_dxyErr: 'f32[]',
    Muon_dzErr: 'f32[]',
    Electron_pt: 'f32[]',
    Electron_eta: 'f32[]',
    Electron_phi: 'f32[]',
    Electron_mass: 'f32[]',
    Electron_charge: 'i32[]',
    Electron_pfRelIso03_all: 'f32[]',
    Electron_dxy: 'f32[]',
    Electron_dz: 'f32[]',
    Electron_dxyErr: 'f32[]',
    Electron_dzErr: 'f32[]',
  },
  parameters: {
    /** Channels that are counted. */
    fourMuons: true,
    fourElectrons: true,
    twoMuonsTwoElectrons: true,
    bins: 37,
    /** Candidates must be heavier than this. */
    massLoGeV: 70,
    massHiGeV: 181,
  },
  histograms: ({ bins, massLoGeV, massHiGeV }) => {
    const axes = (label: string) => [regular(bins, massLoGeV, massHiGeV, { name: 'mass', label, unit: 'GeV' })];
    return {
      m4l: { title: 'Four-lepton invariant mass', axes: axes('4-lepton invariant mass m_{4ℓ}') },
      m4mu: { title: 'Four-muon invariant mass', axes: axes('4-muon invariant mass m_{4µ}') },
      m4e: { title: 'Four-electron invariant mass', axes: axes('4-electron invariant mass m_{4e}') },
      m2mu2e: { title: 'Invariant mass of two muons and two electrons', axes: axes('Invariant mass m_{2µ2e}') },
    };
  },
  cutFlow: ['all', 'four leptons', 'charge 0', 'Z candidates', 'mass'],
  signalWindow: { histogram: 'm4l', lo: 121, hi: 130 },
  preselect: {
    columns: ['Muon_pt', 'Electron_pt'],
    select({ entries, Muon_pt, Electron_pt }, keep, out, { fourMuons, fourElectrons, twoMuonsTwoElectrons }) {
      for (let entry = 0; entry < entries; entry++) {
        // Offsets have entries + 1 numbers.
        const muons = Muon_pt.offsets[entry + 1]! - Muon_pt.offsets[entry]!;
        const electrons = Electron_pt.offsets[entry + 1]! - Electron_pt.offsets[entry]!;
        const any = (fourMuons && muons > 3) || (fourElectrons && electrons > 3) || (twoMuonsTwoElectrons && muons > 1 && electrons > 1);
        if (any) keep[entry] = 1;
        else out.cutFlow.fillUpTo(REACHED.nothing);
      }
    },
  },
  process(events, out, { fourMuons, fourElectrons, twoMuonsTwoElectrons, massLoGeV }) {
    const muons = leptonsOf({
      ...{ pt: events.Muon_pt, eta: events.Muon_eta, phi: events.Muon_phi, mass: events.Muon_mass, charge: events.Muon_charge },
      ...{ isolation: events.Muon_pfRelIso04_all, dxy: events.Muon_dxy, dz: events.Muon_dz },
      ...{ dxyErr: events.Muon_dxyErr, dzErr: events.Muon_dzErr },
    });
    const electrons = leptonsOf({
      ...{ pt: events.Electron_pt, eta: events.Electron_eta, phi: events.Electron_phi, mass: events.Electron_mass },
      ...{ charge: events.Electron_charge, isolation: events.Electron_pfRelIso03_all, dxy: events.Electron_dxy, dz: events.Electron_dz },
      ...{ dxyErr: events.Electron_dxyErr, dzErr: events.Electron_dzErr },
    });
    for (let entry = 0; entry < events.entries; entry++) {
      let reached: number = REACHED.nothing;
      let channel = out.m4mu;
      if (fourMuons && takeLeading(muons, entry, MUON, 4, 0)) reached = judgeFour(true, massLoGeV);
      if (reached < REACHED.all && fourElectrons && takeLeading(electrons, entry, ELECTRON, 4, 0)) {
        reached = Math.max(reached, judgeFour(true, massLoGeV));
        channel = out.m4e;
      }
      if (
        reached < REACHED.all &&
        twoMuonsTwoElectrons &&
        takeLeading(muons, entry, MUON, 2, 0) &&
        takeLeading(electrons, entry, ELECTRON, 2, 2)
      ) {
        reached = Math.max(reached, judgeFour(false, massLoGeV));
        channel = out.m2mu2e;
      }
      out.cutFlow.fillUpTo(reached);
      if (reached < REACHED.all) continue;
      const mass = fourMass();
      channel.fill(mass);
      out.m4l.fill(mass);
    }
  },
});

/** @throws AnalysisError where lists of the same leptons differ in length */
function leptonsOf(lists: Lists): Leptons {
  requireAligned(lists);
  const { pt, eta, phi, mass, charge, isolation, dxy, dz, dxyErr, dzErr } = lists;
  return {
    ...{ offsets: pt.offsets, pt: pt.values, eta: eta.values, phi: phi.values, mass: mass.values, charge: charge.values },
    ...{ isolation: isolation.values, dxy: dxy.values, dz: dz.values, dxyErr: dxyErr.values, dzErr: dzErr.values },
  };
}
