import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

const BRANCHES = ['lep_pt', 'lep_eta', 'lep_phi', 'lep_E', 'lep_type', 'met_et', 'jet_pt'];

describe('nearest', () => {
  it('finds typing slips, best first', () => {
    expect(nearest('lep_ptt', BRANCHES)[0]).toBe('lep_pt');
    expect(nearest('lpe_pt', BRANCHES)[0]).toBe('lep_pt');
    expect(nearest('lep_e', BRANCHES)[0]).toBe('lep_E');
  });

  it('finds a name inside a longer one', () => {
    expect(nearest('MET', ['MET_pt', 'Muon_pt'])).toEqual(['MET_pt']);
  });

  it('says nothing where nothing is near', () => {
    expect(nearest('photon_convType', BRANCHES)).toEqual([]);
    expect(nearest('x'.repeat(10_000), ['y'.repeat(10_000)])).toEqual([]);
  });

  it('always finds the name itself, at the head of the list', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), (names, pick) => {
        const name = names[pick % names.length]!;
        return nearest(name, names, names.length).some((found) => found === name);
      }),
    );
  });
});

describe('didYouMean', () => {
  it('asks, or lists what there is', () => {
    expect(didYouMean('minMett', ['minMet', 'maxMass'])).toBe('Did you mean `minMet`?');
    expect(didYouMean('wrong', ['a', 'b'])).toBe('There are a, b.');
    expect(didYouMean('wrong', [])).toBe('');
  });

  it('cuts long lists', () => {
    const many = Array.from({ length: 40 }, (_, i) => `parameter${i}`);
    expect(didYouMean('zz', many)).toMatch(/parameter11 and 28 more\.$/);
  });
});
