import { describe, expect, it } from 'vitest';
import { plainSymbols, symbolRuns } from './symbol-text.ts';

describe('symbols in labels', () => {
  it('lower what follows a single letter and an underscore', () => {
    expect(symbolRuns('Signal (m_H = 125 GeV)')).toEqual([
      { text: 'Signal (m', subscript: false },
      { text: 'H', subscript: true },
      { text: ' = 125 GeV)', subscript: false },
    ]);
  });

  it('take braces around longer subscripts', () => {
    expect(symbolRuns('m_{4ℓ}').at(-1)).toEqual({ text: '4ℓ', subscript: true });
    expect(plainSymbols('mass m_{4ℓ} and p_T')).toBe('mass m4ℓ and pT');
  });

  it('leave names with underscores alone', () => {
    for (const name of ['lep_pt', 'data_A', 'ggH125_ZZ4lep', '']) expect(plainSymbols(name)).toBe(name);
  });
});
