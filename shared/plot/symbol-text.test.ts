import { describe, expect, it } from 'vitest';
import { drawSymbols, plainSymbols, shortenedRuns, symbolRuns } from './symbol-text.ts';

const normal = (text: string) => ({ text, script: 'none' });
const low = (text: string) => ({ text, script: 'sub' });
const high = (text: string) => ({ text, script: 'super' });

describe('symbols in labels', () => {
  it('lower what follows a single letter and an underscore', () => {
    expect(symbolRuns('Signal (m_H = 125 GeV)')).toEqual([normal('Signal (m'), low('H'), normal(' = 125 GeV)')]);
  });

  it('raise what follows a letter, digit or bracket and a caret', () => {
    expect(symbolRuns('GeV^2/c^{4}')).toEqual([normal('GeV'), high('2'), normal('/c'), high('4')]);
    expect(symbolRuns('10^-3 (x+y)^2')).toEqual([normal('10'), high('-3'), normal(' (x+y)'), high('2')]);
    expect(symbolRuns('μ^+μ^- Z^*')).toEqual([normal('μ'), high('+'), normal('μ'), high('-'), normal(' Z'), high('*')]);
    expect(plainSymbols('lep_pt^2')).toBe('lep_pt^2');
  });

  it('take a subscript and a superscript in either order', () => {
    expect(symbolRuns('E_T^{miss}')).toEqual([normal('E'), low('T'), high('miss')]);
    expect(symbolRuns('E_{T}^miss')).toEqual([normal('E'), low('T'), high('miss')]);
    expect(symbolRuns('K^0_S')).toEqual([normal('K'), high('0'), low('S')]);
  });

  it('take braces around longer subscripts', () => {
    expect(symbolRuns('m_{4ℓ}').at(-1)).toEqual(low('4ℓ'));
    expect(plainSymbols('mass m_{4ℓ} and p_T')).toBe('mass m4ℓ and pT');
  });

  it('leave names with underscores alone, and carets that raise nothing', () => {
    for (const name of ['lep_pt', 'data_A', 'ggH125_ZZ4lep', '^2', 'a ^ b', 'x^', 'x^{', '']) {
      expect(symbolRuns(name)).toEqual(name === '' ? [] : [normal(name)]);
    }
  });

  it('are shortened at the end, but for the unit', () => {
    expect(shortenedRuns('E_T^{miss} of all [GeV^2]', 4)).toEqual([
      ...[normal('E'), low('T'), high('mi'), normal('…')],
      ...[normal(' [GeV'), high('2'), normal(']')],
    ]);
    expect(shortenedRuns('m_H', 1)).toEqual([normal('m'), normal('…')]);
  });
});

describe('drawn symbols', () => {
  /** All texts that are drawn, each character as wide as half of its font. */
  function drawn(text: string, room?: number) {
    const texts: { text: string; x: number; y: number; size: number }[] = [];
    const context = {
      font: '',
      measureText: (part: string) => ({ width: (part.length * Number.parseFloat(context.font)) / 2 }),
      fillText: (part: string, x: number, y: number) => void texts.push({ text: part, x, y, size: Number.parseFloat(context.font) }),
    };
    const place = { x: 0, y: 0, align: 'left', ...(room === undefined ? {} : { room }) } as const;
    drawSymbols(context as unknown as CanvasRenderingContext2D, text, place, { size: 10, family: 'x' });
    return texts;
  }

  it('stand above each other after one letter, and what follows is clear of both', () => {
    const [letter, sub, sup, rest] = drawn('E_T^{miss} x');
    expect([letter?.x, sub?.x, sup?.x]).toEqual([0, 5, 5]);
    expect(rest?.x).toBeCloseTo(5 + 4 * 3.7, 9);
    expect(sub?.y).toBeGreaterThan(0);
    expect(sup?.y).toBeLessThan(0);
  });

  it('are written smaller where the room is narrow, and then shortened', () => {
    expect(drawn('a'.repeat(20), 80)).toEqual([{ text: 'a'.repeat(20), x: 0, y: 0, size: 8 }]);
    expect(drawn(`${'a'.repeat(20)} [b]`, 60).map(({ text, size }) => ({ text, size }))).toEqual([
      { text: 'a'.repeat(11), size: 7.5 },
      { text: '…', size: 7.5 },
      { text: ' [b]', size: 7.5 },
    ]);
  });
});
