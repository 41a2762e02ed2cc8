import { describe, expect, it } from 'vitest';
import { isObjectName, objectNames } from './object-names.ts';

describe('objectNames', () => {
  it('keeps names that can be asked for', () => {
    const names = ['data_A', 'ggH125 × 10', '.x', '...', 'a\\b', ' '];
    expect([...objectNames(names)]).toEqual(names.map((name) => [name, name]));
  });

  it('puts _ in the place of what ROOT reads otherwise', () => {
    const names = ['/DYJetsToLL_M-50/RunIISummer20UL18/NANOAODSIM', 'a;1', 'a:b', 'a\tb\u0085', '.', '..', ''];
    expect([...objectNames(names).values()]).toEqual([
      '_DYJetsToLL_M-50_RunIISummer20UL18_NANOAODSIM',
      ...['a_1', 'a_b', 'a_b_', '_', '__', '__2'],
    ]);
  });

  it('gives every name one of its own, whichever comes first', () => {
    const found = objectNames(['a/b', 'a;b', 'a_b', 'a_b_2', 'a']);
    expect([...found.values()]).toEqual(['a_b_3', 'a_b_4', 'a_b', 'a_b_2', 'a']);
    expect([...found.values()].every(isObjectName)).toBe(true);
  });
});
