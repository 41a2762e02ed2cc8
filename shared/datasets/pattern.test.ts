import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choose, fitsPattern } from './pattern.ts';
import { CMS_LISTS, cmsLists } from './test-cms-lists.ts';

const path = '/data/datasets_s3/CMS_Run2012B_DoubleMuParked_AOD_22Jan2013-v1_20002_file_index.txt';
const list = { names: ['Run2012B_DoubleMuParked'], path };

describe('fitsPattern', () => {
  it.each([
    '*DoubleMu*',
    'datasets_s3/*DoubleMu*',
    './datasets_s3/*DoubleMu*',
    '/data/datasets_s3/*DoubleMu*',
    '/data/**/*_20002_file_index.txt',
    '/data/**/datasets_s3/*DoubleMu*',
    '*_2000[12]_file_index.txt',
    '*_2000[!13]_file_index.txt',
    '*Run2012?_{DoubleMuParked,SingleMu}*',
    'Run2012B_DoubleMuParked',
    path,
  ])('%s chooses the list', (pattern) => {
    expect(fitsPattern(pattern, list)).toBe(true);
  });

  it.each(['*SMHiggs*', 'other/*DoubleMu*', 'DoubleMu', '*doublemu*', 'Run2012B*/x', '/datasets_s3/*', 'a{b', '[z-a]', ''])(
    '%j does not',
    (pattern) => {
      expect(fitsPattern(pattern, list)).toBe(false);
    },
  );

  it('takes what is no pattern as it stands', () => {
    for (const name of ['a.b+c', 'a{b', 'a]b', '(x)', '[z-a]', 'a,b', '$1^']) expect(fitsPattern(name, { names: [name] })).toBe(true);
    expect(fitsPattern('a.b', { names: ['axb'] })).toBe(false);
  });

  it('agrees with a plain search for patterns of the form *word*', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9_.-]{0,12}$/);
    fc.assert(
      fc.property(name, name, (text, word) => {
        expect(fitsPattern(`*${word}*`, { names: [text] })).toBe(text.includes(word));
      }),
    );
  });
});

describe('choose', () => {
  const namedAs = ({ name, path }: { name: string; path: string }) => ({ names: [name], path });

  it('finds the 56 Higgs files in the 68 lists, quoted or expanded by the shell', () => {
    const lists = cmsLists();
    const words = CMS_LISTS.filter(({ name }) => name.includes('SMHiggs')).map(({ name }) => `datasets_s3/${name}`);
    for (const patterns of [['*SMHiggs*'], ['datasets_s3/*SMHiggs*'], words]) {
      const { chosen, idle } = choose(lists, namedAs, patterns);
      expect(chosen.map(({ files }) => files.length)).toEqual([22, 34]);
      expect(idle).toEqual([]);
    }
  });

  it('says which patterns fit nothing, and counts what two choose once', () => {
    const { chosen, idle } = choose(cmsLists(), namedAs, ['*ZZTo4e_8TeV*', '*8TeV-powheg-pythia6*', '*nothing*']);
    expect([chosen.length, idle]).toEqual([3, ['*nothing*']]);
  });
});
