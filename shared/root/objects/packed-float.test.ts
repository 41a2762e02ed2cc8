import { describe, expect, it } from 'vitest';
import { type PackedFloat, packingOf, unpackFloat } from './packed-float.ts';

const bytes = (...values: number[]) => new DataView(Uint8Array.from(values).buffer);

describe('packed floating-point numbers', () => {
  it('have a range, a mantissa, or are plain floats, as the comment says', () => {
    expect(packingOf('Double32_t', '')).toBe('float');
    expect(packingOf('Double32_t', 'energy [GeV]')).toBe('float');
    expect(packingOf('Double32_t', '[n]')).toBe('float');
    expect(packingOf('Double32_t', '[0,0,20]')).toBe('float');
    expect(packingOf('Double32_t', '[0,10,8]')).toEqual({ element: 'f64', bytes: 4, range: { lo: 0, factor: 25.6 }, mantissaBits: 0 });
    expect(packingOf('Double32_t', '[n][0,10,8] of n')).toMatchObject({ range: { lo: 0, factor: 25.6 } });
    expect(packingOf('Float16_t', '[-pi,pi]')).toMatchObject({
      element: 'f32',
      range: { lo: -Math.PI, factor: 0xffffffff / (2 * Math.PI) },
    });
    expect(packingOf('Double32_t', '[0,0,6]')).toEqual({ element: 'f64', bytes: 3, mantissaBits: 6 });
    expect(packingOf('Float16_t', '')).toEqual({ element: 'f32', bytes: 3, mantissaBits: 12 });
  });

  it.each(['[a,b]', '[0,1,99]', '[0,1,1]', '[0,1,2,3]', '[0,]'])('are refused where the comment is not understood: %s', (comment) => {
    expect(packingOf('Double32_t', comment)).toBeUndefined();
  });

  // Bytes that ROOT 6.40 wrote.
  it.each<[number, 'Double32_t' | 'Float16_t', string, readonly number[]]>([
    [5, 'Double32_t', '[0,10,8]', [0, 0, 0, 0x80]],
    [3, 'Double32_t', '[0,0,6]', [0x80, 0, 0x20]],
    [1.5, 'Float16_t', '', [0x7f, 0x08, 0]],
    [0.5, 'Float16_t', '[-1,1,12]', [0, 0, 0x0c, 0]],
  ])('%d is what ROOT stored as %s %s', (value, kind, comment, stored) => {
    expect(unpackFloat(bytes(...stored), 0, packingOf(kind, comment) as PackedFloat)).toBe(value);
  });

  it('have a sign', () => {
    const packing = packingOf('Float16_t', '') as PackedFloat;
    expect(unpackFloat(bytes(0x7f, 0x28, 0), 0, packing)).toBe(-1.5);
  });
});
