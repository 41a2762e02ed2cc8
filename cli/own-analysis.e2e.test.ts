import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zlibCompressor } from '#shared/root/write/compress.ts';
import { RootFileWriter } from '#shared/root/write/file-writer.ts';
import { openFileSink } from '#shared/root/write/sink.ts';
import { TreeWriter } from '#shared/root/write/tree-writer.ts';

const PROJECT = join(import.meta.dirname, '..');
const ENTRIES = 40;

/** Two folders below that of temporary files: no path of the checkout is right from here. */
let folder: string;
beforeAll(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'own-')), 'mine');
  mkdirSync(folder);
  const numbers = { values: Float32Array.from({ length: ENTRIES }, (_, entry) => 1000 * entry) };
  const offsets = Int32Array.from({ length: ENTRIES + 1 }, (_, entry) => 2 * entry);
  const list = { offsets, values: Float32Array.from({ length: 2 * ENTRIES }, (_, i) => 1 + i) };
  const charges = { offsets, values: Int32Array.from({ length: 2 * ENTRIES }, (_, i) => (i % 2 === 0 ? 1 : -1)) };
  writeTree('mini', { met_et: ['f32', numbers], mcWeight: ['f32', numbers], lep_pt: ['f32[]', list] });
  const muons = Object.fromEntries(['pt', 'eta', 'phi', 'mass'].map((name) => [`Muon_${name}`, ['f32[]', list] as const]));
  writeTree('Events', { ...muons, Muon_charge: ['i32[]', charges], MET_pt: ['f32', numbers] });
});
afterAll(() => rmSync(join(folder, '..'), { recursive: true }));

type Written = readonly ['f32' | 'f32[]' | 'i32[]', { readonly values: Float32Array | Int32Array; readonly offsets?: Int32Array }];

/** A file of the tree's name; each cluster is a task where chunks are as small. */
function writeTree(name: string, columns: Readonly<Record<string, Written>>): void {
  const sink = openFileSink(join(folder, `${name}.root`));
  const file = new RootFileWriter(sink, { name: `${name}.root`, compressor: zlibCompressor });
  const branches = Object.entries(columns).map(([branch, [type]]) => ({ name: branch, type }));
  const tree = new TreeWriter(file, { name, branches, clusterEntries: 10 });
  tree.append(Object.fromEntries(Object.entries(columns).map(([branch, [, column]]) => [branch, column])), ENTRIES);
  tree.close();
  file.close();
  sink.close();
}

/** Runs the analysis of this file, as a user does. */
function run(analysis: string, ...options: string[]) {
  const args = ['run', '-a', `./${analysis}`, '-c', 'none', '--no-web', '--force', '--out', 'out', '--chunk-entries', '10', ...options];
  const env = { ...process.env, HIGGSFLOW_CACHE: join(folder, 'cache') };
  return spawnSync(process.execPath, [join(PROJECT, 'cli/main.ts'), ...args], { cwd: folder, env, encoding: 'utf8', timeout: 60_000 });
}

/** The first example with something else in its place. */
function writeChanged(name: string, from: string, to: string): string {
  const example = readFileSync(join(PROJECT, 'examples/first-analysis.ts'), 'utf8');
  expect(example).toContain(from);
  writeFileSync(join(folder, name), example.replace(from, to));
  return name;
}

describe('an analysis outside of the checkout', () => {
  it.each([
    ['first-analysis.ts', 'mini.root', '1'],
    ['first-analysis.ts', 'mini.root', '2'],
    ['my-analysis.ts', 'mini.root', '2'],
    ['preselect.ts', 'Events.root', '2'],
  ])('is a copy of %s, which runs over %s with %s threads', (example, data, threads) => {
    cpSync(join(PROJECT, 'examples', example), join(folder, 'mine.ts'));
    const { status, stdout, stderr } = run('mine.ts', '--data', data, '--threads', threads);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toContain(`${ENTRIES} entries of 1 file`);
  });

  it('is told that columns of simulation are not read without a catalogue, on stderr and in the report', () => {
    cpSync(join(PROJECT, 'examples/my-analysis.ts'), join(folder, 'mine.ts'));
    const note = 'mcColumns (mcWeight) are not read: without a catalogue all files count as data';
    expect(run('mine.ts', '--data', 'mini.root').stderr).toContain(note);
    for (const name of ['report.md', 'report.json']) expect(readFileSync(join(folder, 'out', name), 'utf8')).toContain(note);
  });

  it.each([
    ["'higgsflow/analysis'", "'../shared/analysis/define-analysis.ts'", /Cannot find module .*\. All .* is in 'higgsflow\/analysis'/],
    ["'higgsflow/analysis'", "'higgsflow/kinematics'", /Cannot find package .*\. All .* is in 'higgsflow\/analysis'/],
    ['defineAnalysis, regular', 'defineAnalysis, regularr', /not provide an export named 'regularr' \(at wrong\.ts:1:26\)/],
    ["tree: 'mini',", "tree 'mini',", /the analysis cannot be loaded: .* \(at wrong\.ts:6:8\)/],
    ['bins, 0, 200', 'bins.first.last, 0', /`histograms` failed: .* \(at wrong\.ts:9:90\)/],
  ])('with %s as %s is told what to do, or where it is wrong', (from, to, text) => {
    const { status, stdout, stderr } = run(writeChanged('wrong.ts', from, to), '--data', 'mini.root');
    expect(stderr).toMatch(text);
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  });

  it('is told where it is no JavaScript', () => {
    writeChanged('wrong.mjs', "tree: 'mini',", "tree 'mini',");
    writeFileSync(join(folder, 'mine.ts'), "export { analysis } from './wrong.mjs';");
    expect(run('mine.ts', '--data', 'mini.root').stderr).toMatch(/^higgsflow: \.\/mine\.ts: .* \(at wrong\.mjs:6:8\)\n$/);
  });

  it('is told to say that it is a module where the package.json above it says otherwise', () => {
    const inside = join(folder, 'common');
    mkdirSync(inside);
    writeFileSync(join(inside, 'package.json'), '{"type":"commonjs"}');
    cpSync(join(PROJECT, 'examples/first-analysis.ts'), join(inside, 'mine.ts'));
    expect(run('common/mine.ts', '--data', 'mini.root').stderr).toContain('into the package.json above it, or name the file `.mts`');
    cpSync(join(inside, 'mine.ts'), join(inside, 'mine.mts'));
    expect(run('common/mine.mts', '--data', 'mini.root').status).toBe(0);
  });

  it.each([
    ['out.met.fill', 'out.mett.fill', 'there is no histogram `mett` (at wrong.ts:15:16). Did you mean `met`?'],
    ['/ 1000);', '/ 1000, Number.NaN);', 'met: weight NaN is not a finite number (at wrong.ts:15:15)'],
    ['out.cutFlow.fill(0);', 'out.cutFlow.fill(1);', 'step 1 is not in the cut flow, whose only step is 0 (all) (at wrong.ts:14:19)'],
  ])('that fills with %s as %s fails in all its entries, and says where', (from, to, text) => {
    const { status, stdout, stderr } = run(writeChanged('wrong.ts', from, to), '--data', 'mini.root');
    expect(status).toBe(3);
    expect(stdout + stderr).toContain(text);
  });
});
