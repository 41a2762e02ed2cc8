import { describe, expect, it } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

describe('didYouMean', () => {
  it('asks, or lists what there is', () => {
    expect(didYouMean('minMett', ['minMet', 'maxMass'])).toBe('Did you mean `minMet`?');
    expect(didYouMean('lep_e', ['lep_E', 'lep_eta', 'jet_E'])).toMatch(/^Did you mean `lep_E` or /);
    expect(didYouMean('wrong', ['a', 'b'])).toBe('There are a, b.');
    expect(didYouMean('wrong', [])).toBe('');
  });

  it('cuts long lists', () => {
    const many = Array.from({ length: 40 }, (_, i) => `parameter${i}`);
    expect(didYouMean('zz', many)).toMatch(/parameter11 and 28 more\.$/);
  });
});
