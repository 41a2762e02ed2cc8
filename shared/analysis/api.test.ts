import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as api from './api.ts';

describe('higgsflow/analysis', () => {
  it('is what users import, and stays so', () => {
    expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
      [
        "AnalysisError",
        "MOMENTA",
        "anyTrue",
        "category",
        "defineAnalysis",
        "fourObjectMass",
        "isFourLeptonFlavour",
        "pairMass",
        "passesPt",
        "regular",
        "requireAligned",
        "setMomenta",
        "sumOfFour",
        "textAt",
        "variable",
      ]
    `);
  });

  it('is said by package.json too, for editors and for files in the checkout', async () => {
    const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(new URL(`../../${exports['./analysis']}`, import.meta.url).href).toBe(new URL('./api.ts', import.meta.url).href);
  });
});
