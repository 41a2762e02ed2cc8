import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadBuiltInCatalogue } from './built-in.ts';
import { parseCatalogueYaml } from './parse-yaml.ts';

const YAML = `
name: mine
experiment: { name: CMS, status: Open Data, energyTeV: 8 }
groups:
  - { name: data, label: Data, color: '#000000', kind: data }
  - { name: zz, label: ZZ, color: '#ff0000', kind: background }
datasets:
  - name: mu
    group: data
    stream: mu
    files:
      - { path: a.root, size: 12, checksum: 'adler32:0a1b2c3d', entries: 3, luminosityFb: 0.5, replicas: ['root://x//a.root'] }
  - name: zz
    group: zz
    stream: mu
    crossSectionPb: 0.077
    scaleFactor: 1.386
    normalisation: entries
    files: [ zz_1.root, zz_2.root ]
`;

describe('parseCatalogueYaml', () => {
  it('reads what JSON would say', () => {
    const { datasets } = parseCatalogueYaml(YAML, 'mine.yaml');
    expect(datasets[0]?.files[0]).toMatchObject({ path: 'a.root', luminosityFb: 0.5, replicas: ['root://x//a.root'] });
    expect(datasets[1]?.files).toEqual([{ path: 'zz_1.root' }, { path: 'zz_2.root' }]);
  });

  it('gives back a built-in catalogue that was written as YAML', async () => {
    const catalogue = await loadBuiltInCatalogue('atlas-2025');
    expect(parseCatalogueYaml(stringify(catalogue), 'x.yml')).toEqual(catalogue);
  });

  it.each([
    ['name: a\n  b: c: d\n', /^x\.yaml:\d+:\d+: not YAML: /],
    ['- a\n- b\n', /^x\.yaml: not a catalogue/],
    ['', /^x\.yaml: not a catalogue/],
    ['name: !secret a\n', /^x\.yaml:1:7: not YAML: /],
    [YAML.replace('crossSectionPb', 'crossSection'), /unknown key `crossSection`. Did you mean `crossSectionPb`/],
  ])('says where %j is wrong', (text, message) => {
    expect(() => parseCatalogueYaml(text, 'x.yaml')).toThrow(message);
  });

  it('refuses aliases that multiply', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefg'[i]}`).join(', ')}]`),
    ];
    expect(() => parseCatalogueYaml(bomb.join('\n'), 'x.yaml')).toThrow(/^x\.yaml: not a catalogue: .*alias/);
  });
});
