import { describe, expect, it } from 'vitest';
import { parseTypeName } from './type-name.ts';

describe('the name of a type', () => {
  it.each([
    ['vector<vector<float> >', 'vector<vector<float>>'],
    ['std::map<std::string, std::vector<double> >', 'map<string,vector<double>>'],
    ['const TLorentzVector *', 'TLorentzVector*'],
    ['pair<int,  unsigned   int>', 'pair<int,unsigned int>'],
    ['ElementLink<DataVector<xAOD::IParticle> >', 'ElementLink<DataVector<xAOD::IParticle>>'],
    ['bitset<9>', 'bitset<9>'],
    ['ROOT::VecOps::RVec<float>', 'ROOT::VecOps::RVec<float>'],
    ['vector<const char*>', 'vector<char*>'],
  ])('%s is %s', (name, plain) => {
    expect(parseTypeName(name)?.text).toBe(plain);
  });

  it('is taken apart into name, arguments and pointers', () => {
    const type = parseTypeName('map<int,pair<string,Hit*> >*');
    expect(type).toMatchObject({ name: 'map', pointers: 1 });
    expect(type?.args.map(({ text }) => text)).toEqual(['int', 'pair<string,Hit*>']);
    expect(type?.args[1]?.args[1]).toMatchObject({ name: 'Hit', pointers: 1 });
  });

  it.each(['', ' ', 'vector<int', 'vector<int>>', 'vector<>', 'vector<int,>', '*', 'int&', `${'vector<'.repeat(40)}int${'>'.repeat(40)}`])(
    '%j is none',
    (name) => {
      expect(parseTypeName(name)).toBeUndefined();
    },
  );
});
