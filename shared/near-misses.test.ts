import { describe, expect, it } from 'vitest';
import { nearMisses } from './near-misses.ts';

describe('nearMisses', () => {
  const branches = ['lep_pt', 'lep_eta', 'lep_n', 'jet_pt', 'XSection', 'runNumber'];

  it('finds a name with a typing mistake', () => {
    expect(nearMisses('lep_ptt', branches, 1)).toEqual(['lep_pt']);
  });

  it('finds a name written in another case', () => {
    expect(nearMisses('xsection', branches)).toEqual(['XSection']);
  });

  it('finds a longer name that holds the one asked for', () => {
    expect(nearMisses('run', branches)).toEqual(['runNumber']);
  });

  it('puts the nearest first and stops at the limit', () => {
    expect(nearMisses('lep_et', branches, 2)).toEqual(['lep_eta', 'lep_pt']);
  });

  it('answers nothing where nothing is close', () => {
    expect(nearMisses('photon_isolation', branches)).toEqual([]);
  });
});
