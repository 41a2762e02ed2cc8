import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { category, regular, variable } from '#shared/histogram/axis.ts';
import { Histogram } from '#shared/histogram/histogram.ts';
import { CODEC_NAMES } from '#shared/root/write/compress.ts';
import { histogramsToRoot } from '#shared/root/write/histograms.ts';
import {
  ALL_BRANCHES,
  allColumns,
  COUNTED_BRANCHES,
  countedColumns,
  expectedBranch,
  inFolder,
  type WrittenTree,
  writeTree,
} from './written-file.ts';

const python = process.env['HIGGSFLOW_TEST_PYTHON'];
const script = join(import.meta.dirname, 'oracles/check_written.py');

function check(expectations: readonly string[]): string {
  return execFileSync(python ?? '', [script, ...expectations], { encoding: 'utf8' });
}

/** A file and what is expected of it, by file name. */
async function treeFiles(options: WrittenTree): Promise<Record<string, Uint8Array | string>> {
  const branches = [...ALL_BRANCHES, ...COUNTED_BRANCHES];
  const columns = { ...allColumns(options.entries), ...countedColumns(options.entries) };
  const facts = branches.map(({ name, type }) => [name, expectedBranch(type, columns[name] ?? { values: new Float32Array() })] as const);
  const file = `${options.codec}.root`;
  const expected = { file, trees: { t: { entries: options.entries, branches: Object.fromEntries(facts) } } };
  return { [file]: await writeTree({ ...options, branches, columns }), [`${options.codec}.json`]: JSON.stringify(expected) };
}

/** HIGGSFLOW_TEST_PYTHON: a Python with uproot, better with ROOT as well. */
describe.skipIf(python === undefined)('uproot and ROOT (skipped without HIGGSFLOW_TEST_PYTHON)', () => {
  it('read our trees value for value, with every codec', { timeout: 60_000 }, async () => {
    const files = await Promise.all(
      CODEC_NAMES.map((codec) => treeFiles({ codec, entries: codec === 'lzma' ? 700 : 4000, clusterEntries: 1500, basketBytes: 8000 })),
    );
    const told = await inFolder(Object.assign({}, ...files), (folder) => check(CODEC_NAMES.map((codec) => join(folder, `${codec}.json`))));
    for (const codec of CODEC_NAMES) expect(told).toContain(`same: ${codec}.root: 1 trees`);
  });

  it('read our histograms', { timeout: 60_000 }, async () => {
    const u = variable([0, 1, 10, 100], { name: 'u' });
    const m = new Histogram([regular(34, 80, 250, { name: 'm', label: 'mass', unit: 'GeV' })]);
    const plane = new Histogram([u, regular(2, -1, 1, { name: 'v' })]);
    const cuts = new Histogram([category(['all', 'good'], { name: 'cut' })]);
    for (let i = 0; i < 1000; i++) {
      m.fill(70 + ((i * 37) % 200), 0.1 * (i % 7) - 0.1);
      plane.fill2(((i * 13) % 120) - 1, ((i * 7) % 30) / 10 - 1.5, 1 + (i % 3));
      cuts.fill(i % 3 === 0 ? 1 : 0);
    }
    const named = { 'raw/a/m': m.contents(), 'raw/a/plane': plane.contents(), cuts: cuts.contents() };
    const flow = (values: Float64Array) => [0, ...values];
    const facts = {
      'raw/a/m': { ...plain(named['raw/a/m']), edges: [Array.from({ length: 35 }, (_, i) => 80 + 5 * i)], labels: [null], title: 'm' },
      'raw/a/plane': { ...plain(named['raw/a/plane']), edges: [u.edges, [-1, 0, 1]], labels: [null, null], title: 'plane' },
      cuts: {
        values: flow(named.cuts.sumw),
        variances: flow(named.cuts.sumw2),
        entries: 1000,
        edges: [[0, 1, 2]],
        labels: [['all', 'good']],
        title: 'cuts',
      },
    };
    const files = { 'h.root': histogramsToRoot(named), 'h.json': JSON.stringify({ file: 'h.root', histograms: facts }) };
    expect(await inFolder(files, (folder) => check([join(folder, 'h.json')]))).toContain('3 histograms');
  });
});

function plain({ sumw, sumw2, entries }: { sumw: Float64Array; sumw2: Float64Array; entries: Float64Array }) {
  return { values: [...sumw], variances: [...sumw2], entries: entries.reduce((sum, n) => sum + n, 0) };
}
