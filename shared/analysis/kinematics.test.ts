import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fourObjectMass, pairMass } from './kinematics.ts';

const { PI } = Math;
const f32 = (...values: number[]) => Float32Array.from(values);

describe('the mass of four objects', () => {
  it('is the sum of energies where momenta cancel', () => {
    const pt = f32(30, 30, 30, 30);
    expect(fourObjectMass(pt, f32(0, 0, 0, 0), f32(0, PI / 2, PI, -PI / 2), pt, 0)).toBeCloseTo(120, 4);
  });

  it('starts at the given index', () => {
    const pt = f32(1, 2, 30, 30, 30, 30, 7);
    const phi = f32(1, 1, 0, PI / 2, PI, -PI / 2, 1);
    expect(fourObjectMass(pt, new Float32Array(7), phi, pt, 2)).toBeCloseTo(120, 4);
  });

  it('is 0, not NaN, for four parallel massless objects', () => {
    // With these the square of the mass is rounded to -4.5e-13.
    const each = (value: number) => new Float64Array(4).fill(value);
    expect(fourObjectMass(each(10), each(0.5), each(0), each(10 * Math.cosh(0.5)), 0)).toBe(0);
  });

  it('does not change when the event is turned around the beam', () => {
    const angle = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.array(angle, { minLength: 9, maxLength: 9 }), ([turn = 0, ...angles]) => {
        const pt = Float64Array.of(20, 30, 40, 50);
        const eta = Float64Array.from(angles.slice(0, 4));
        const phi = Float64Array.from(angles.slice(4));
        const energy = pt.map((value, i) => value * Math.cosh(eta[i]!) + 1);
        const turned = phi.map((value) => value + turn);
        const before = fourObjectMass(pt, eta, phi, energy, 0);
        expect(fourObjectMass(pt, eta, turned, energy, 0) / before).toBeCloseTo(1, 10);
      }),
    );
  });
});

describe('the mass of a pair', () => {
  it('is 2 pT for massless objects back to back at eta 0', () => {
    expect(pairMass(f32(45.5, 45.5), f32(0, 0), f32(0, PI), f32(0, 0), 0)).toBeCloseTo(91, 4);
  });

  it('follows 2 pT1 pT2 (cosh Δη - cos Δφ) for massless objects', () => {
    const mass = pairMass(f32(20, 30), f32(1, -0.5), f32(0.25, 2.25), f32(0, 0), 0);
    expect(mass).toBeCloseTo(Math.sqrt(2 * 20 * 30 * (Math.cosh(1.5) - Math.cos(2))), 5);
  });

  it('is 0, not NaN, for two parallel massless objects', () => {
    // The square of this mass is rounded to -2.6e-13.
    expect(pairMass(f32(10, 20), f32(0, 0), f32(0.5, 0.5), f32(0, 0), 0)).toBe(0);
  });

  it('is the sum of the masses for objects at rest', () => {
    expect(pairMass(f32(0, 0), f32(0, 0), f32(0, 0), f32(0.5, 0.25), 0)).toBe(0.75);
  });
});
