import { describe, expect, it } from 'vitest';
import { fourObjectMass } from '../analysis/kinematics.ts';
import { fourLeptons, type Lepton, spoil, type ToyProcess } from './four-leptons.ts';
import { Random } from './random.ts';

const PROCESSES: readonly ToyProcess[] = ['ggH', 'VBF', 'VH', 'zz', 'zee', 'zmumu', 'top'];

function mass(leptons: readonly Lepton[]): number {
  const column = (key: 'pt' | 'eta' | 'phi' | 'e') => Float32Array.from(leptons, (lepton) => lepton[key]);
  return fourObjectMass(column('pt'), column('eta'), column('phi'), column('e'), 0);
}

function events(process: ToyProcess, count: number): Lepton[][] {
  const random = new Random(`test ${process}`);
  return Array.from({ length: count }, () => fourLeptons(random, process));
}

function sum(leptons: readonly Lepton[], key: 'charge' | 'type'): number {
  return leptons.reduce((total, lepton) => total + lepton[key], 0);
}

describe('fourLeptons', () => {
  it.each(PROCESSES)('gives four leptons of %s that pass the cuts, inside the detector, pt falling', (process) => {
    for (const leptons of events(process, 200)) {
      expect(leptons).toHaveLength(4);
      expect(sum(leptons, 'charge')).toBe(0);
      expect([44, 48, 52]).toContain(sum(leptons, 'type'));
      for (const [i, { pt, eta, e, type }] of leptons.entries()) {
        expect(pt).toBeGreaterThan(7);
        expect(pt).toBeLessThanOrEqual(leptons[i - 1]?.pt ?? Number.POSITIVE_INFINITY);
        expect(Math.abs(eta)).toBeLessThan(2.5);
        // Energy, momentum and mass agree.
        expect(Math.sqrt(Math.max(0, e * e - (pt * Math.cosh(eta)) ** 2))).toBeCloseTo(type === 11 ? 0.000511 : 0.1056584, 2);
      }
    }
  });

  it.each(['ggH', 'VBF', 'VH'] as const)('makes a peak of %s at 125 GeV, about 2 GeV wide', (process) => {
    const masses = events(process, 2000)
      .map(mass)
      .sort((a, b) => a - b);
    const at = (part: number): number => masses[Math.floor(part * masses.length)] ?? 0;
    expect(at(0.5)).toBeGreaterThan(123);
    expect(at(0.5)).toBeLessThan(126);
    expect((at(0.84) - at(0.16)) / 2).toBeGreaterThan(1);
    expect((at(0.84) - at(0.16)) / 2).toBeLessThan(3);
  });

  it('makes ZZ* with a peak at the Z and a rise at twice its mass', () => {
    const masses = events('zz', 4000).map(mass);
    const between = (lo: number, hi: number): number => masses.filter((each) => each >= lo && each < hi).length;
    expect(between(85, 95)).toBeGreaterThan(3 * between(100, 110));
    expect(between(185, 205)).toBeGreaterThan(2 * between(150, 170));
    expect(between(185, 205)).toBeGreaterThan(1.5 * between(270, 290));
  });

  it('keeps to the least momenta asked for', () => {
    const random = new Random('cuts');
    for (let i = 0; i < 100; i++) {
      const [first, second, third] = fourLeptons(random, 'zee', [20, 15, 10]);
      expect(first?.pt).toBeGreaterThan(20);
      expect(second?.pt).toBeGreaterThan(15);
      expect(third?.pt).toBeGreaterThan(10);
    }
  });
});

describe('spoil', () => {
  it('makes each event fail the flavour or the charge cut', () => {
    const random = new Random('spoil');
    const failed = events('zz', 1000).map((leptons) => {
      spoil(random, leptons);
      return { charge: sum(leptons, 'charge') !== 0, flavour: ![44, 48, 52].includes(sum(leptons, 'type')) };
    });
    expect(failed.every(({ charge, flavour }) => charge || flavour)).toBe(true);
    for (const cut of ['charge', 'flavour'] as const) expect(failed.filter((each) => !each[cut]).length).toBeGreaterThan(200);
  });
});
