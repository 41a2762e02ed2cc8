import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAnalysisFile } from '../test/analysis-file.ts';
import { writeLeptonSamples } from '../test/lepton-samples.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

let folder: string;
let samples: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  samples = join(folder, 'samples');
  writeLeptonSamples(samples);
  writeFileSync(join(folder, 'empty.root'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

function start(...args: string[]): ChildProcess {
  const env = { ...process.env, HIGGSFLOW_CACHE: join(folder, 'cache') };
  return spawn(process.execPath, [MAIN, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The real program in a process of its own, to its end. */
async function higgsflow(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(...args);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name]?.setEncoding('utf8').on('data', (part: string) => (text[name] += part));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

const HZZ = ['run', '--analysis', 'atlas-hzz-2020', '--threads', '1'];

describe('higgsflow', () => {
  it('teaches with examples: every command has help of its own', async () => {
    const { code, stdout } = await higgsflow('--help');
    expect(code).toBe(0);
    for (const command of ['start', 'run', 'generate', 'inspect', 'dump']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
      const help = await higgsflow(command, '--help');
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain('Examples:');
      expect(help.stdout).not.toMatch(/default:\s+(\[\]|\{\})/);
    }
  });

  it.each([
    ['an unknown option', ['run', '--fractoin', '1'], 2, /Did you mean --fraction/],
    ['an unknown command', ['rum'], 2, /Did you mean run/],
    ['a fraction over 1', ['run', '--fraction', '1.5'], 2, /over 0 and at most 1/],
    ['a parameter without a value', ['run', '--set', 'bins'], 2, /key=value/],
    ['an unknown analysis', ['run', '-a', 'atlas-hzz-2021'], 78, /Did you mean `atlas-hzz-2020`/],
    ['an unknown parameter', ['run', '-a', 'atlas-hzz-2020', '-s', 'bin=3', '-d', 'samples'], 78, /there is no parameter `bin`/],
    ['data that are not there', ['run', '-a', 'atlas-hzz-2020', '-d', 'sample'], 78, /no such file or folder\. Is the name right\?\n$/],
    [
      'a pattern that nothing matches',
      ['run', '-a', 'atlas-hzz-2020', '-d', 'sample/*.root'],
      78,
      /no file matches this pattern\. Quote patterns/,
    ],
    [
      'a pattern that the shell expanded',
      ['run', '-a', 'cms-dimuon', '-d', 'a.root', 'b.root'],
      2,
      /too many arguments.*\nQuote patterns.*--data 'atlas/,
    ],
    ['a folder where a file is meant', ['inspect', '.'], 78, /^higgsflow: \.: this is a folder\. Name a file/],
    ['an empty file', ['inspect', 'empty.root'], 1, /empty\.root: the file is empty/],
    ['words where there are none', ['start', 'now'], 2, /too many arguments.*\n$/],
    ['a file of no dataset', ['run', '-a', 'atlas-hzz-2020', '-d', MAIN], 78, /main\.ts belongs to no dataset/],
    [
      'a catalogue that is not there',
      ['run', '-a', 'cms-dimuon', '-c', 'mine.json', '-d', 'samples'],
      78,
      /mine\.json: the catalogue cannot be read/,
    ],
    ['nothing to go on with', ['run', '--resume', '--out', 'nowhere'], 78, /no run is in this folder/],
    ['toys in a folder that cannot be', ['generate', '--release', 'atlas-2020', '--out', join(MAIN, 'x')], 1, /main\.ts.*cannot be made/],
    [
      'a run in a folder that cannot be',
      ['run', '-a', 'cms-dimuon', '-d', MAIN, '-c', 'none', '--out', join(MAIN, 'x'), '--no-web'],
      1,
      /main\.ts\/x: cannot be made \((EEXIST|ENOTDIR): .*--out FOLDER/,
    ],
    ['an unknown release', ['generate', '--release', 'atlas-2021'], 78, /Did you mean/],
  ])('refuses %s, with a hint and an exit code', async (_, args, code, text) => {
    const result = await higgsflow(...args);
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringMatching(text) });
  });

  it('runs: the result on stdout, progress on stderr, everything in the folder', async () => {
    const { code, stdout, stderr } = await higgsflow(...HZZ, '--data', samples, '--out', 'full', '--no-web');
    expect(code).toBe(0);
    expect(stdout).toMatch(/complete \(TOY DATA.*\n12,800 entries of 5 files/);
    expect(stderr).toMatch(/5\/5 files {2}12,800 entries \(100 %\)/);
    expect(stderr).toMatch(/llll +1\/1 +5,000 +0 +100\.0 %/);
    expect(readdirSync(join(folder, 'full')).sort()).toEqual([
      ...['histograms.csv', 'histograms.json', 'histograms.root', 'ledger.sqlite', 'plot.png', 'report.json', 'report.md'],
    ]);
    expect(readFileSync(join(folder, 'full/plot.png')).subarray(1, 4).toString()).toBe('PNG');
  });

  it('gives runs that begin in the same second a folder and a name each', async () => {
    const again = () => higgsflow(...HZZ, '--data', samples, '--no-web', '--json');
    const runs = await Promise.all([again(), again(), again()]);
    expect(runs.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0]);
    const names = runs.map(({ stdout }) => JSON.parse(stdout).run as string);
    expect(readdirSync(join(folder, 'out')).sort()).toEqual(names.sort());
    expect(new Set(names).size).toBe(3);
  });

  it('leaves a folder with a run in it alone, unless told to go on or to replace it', async () => {
    const again = [...HZZ, '--data', samples, '--out', 'full', '--no-web'];
    expect(await higgsflow(...again)).toMatchObject({
      code: 78,
      stderr: expect.stringMatching(/a run is in this folder already.*--resume.*--force/),
    });
    const other = await higgsflow(...HZZ, '--data', samples, '--out', 'full', '--no-web', '--resume', '--set', 'bins=10');
    expect(other).toMatchObject({ code: 78, stderr: expect.stringMatching(/other values of parameters/) });
    for (const [option, text] of [
      ['--force', /--resume goes on with a run, --force replaces it/],
      ['--set=bins=10', /as it is, without --set\./],
      ['--fraction=0.1', /as it is, without --fraction\./],
    ] as const) {
      const refused = await higgsflow('run', '--resume', '--out', 'full', '--no-web', option);
      expect(refused).toMatchObject({ code: 78, stderr: expect.stringMatching(text) });
    }
    const before = readFileSync(join(folder, 'full/histograms.json'));
    expect(await higgsflow('run', '--resume', '--out', 'full', '--no-web')).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'full/histograms.json')).equals(before)).toBe(true);
    expect(await higgsflow(...again, '--force', '--set', 'bins=10')).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, 'full/histograms.json')).equals(before)).toBe(false);
  });

  it('says that a run begins where there is none to go on with', async () => {
    const run = [...HZZ, '--data', samples, '--no-web', '--out', 'mistyped', '--resume'];
    expect(await higgsflow(...run)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('No run is in mistyped: a new one begins.\n'),
    });
    expect(await higgsflow(...run)).toMatchObject({ code: 0, stderr: expect.not.stringContaining('No run is in') });
  });

  it('does not go on by another analysis than it began with', async () => {
    const write = (body: string) => writeAnalysisFile(folder, 'edited', body, `import { weight } from './weights.ts';`);
    const weights = join(folder, 'weights.ts');
    writeFileSync(weights, 'export const weight = 1;');
    write('out.cutFlow.fill(0, weight);');
    const run = ['--out', 'edited', '--no-web'];
    expect(await higgsflow('run', '-a', './edited.ts', '--data', join(samples, 'toy_llll.root'), ...run)).toMatchObject({ code: 0 });
    write('out.cutFlow.fill(0, weight); out.w.fill(1);');
    const text = /edited\.ts: the analysis, or a file that it imports, has changed since the run began.*--force/;
    const changed = { code: 78, stderr: expect.stringMatching(text) };
    expect(await higgsflow('run', '--resume', ...run)).toMatchObject(changed);
    write('out.cutFlow.fill(0, weight);');
    writeFileSync(weights, 'export const weight = 2;');
    expect(await higgsflow('run', '--resume', ...run)).toMatchObject(changed);
    writeFileSync(weights, 'export const weight = 1;');
    expect(await higgsflow('run', '--resume', ...run)).toMatchObject({ code: 0 });
  });

  it('draws each histogram of an analysis, and takes all pictures away with the run', async () => {
    const single = fileURLToPath(writeAnalysisFile(folder, 'single', 'out.w.fill(1);'));
    const second = `v: { title: 'v', axes: [regular(5, 0, 2, { name: 'v' })] }`;
    writeFileSync(join(folder, 'two.ts'), readFileSync(single, 'utf8').replace('({ w:', `({ ${second}, w:`));
    const run = ['--data', join(samples, 'toy_llll.root'), '--catalogue', 'none', '--out', 'pictures', '--no-web'];
    const pictures = () => readdirSync(join(folder, 'pictures')).filter((name) => name.endsWith('.png'));
    expect(await higgsflow('run', '-a', './two.ts', ...run)).toMatchObject({ code: 0 });
    expect(pictures()).toEqual(['plot-w.png', 'plot.png']);
    const [w, v] = pictures().map((name) => readFileSync(join(folder, 'pictures', name)));
    expect(w?.equals(v as Buffer)).toBe(false);
    expect(await higgsflow('run', '-a', './single.ts', ...run, '--force')).toMatchObject({ code: 0 });
    expect(pictures()).toEqual(['plot.png']);
  });

  it('finds out what is wrong with a run before it replaces another', async () => {
    const before = readdirSync(join(folder, 'full'));
    const wrong = [...HZZ, '--data', samples, '--no-web', '--set', 'bins=-3'];
    expect(await higgsflow(...wrong, '--out', 'full', '--force')).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('bins, not -3'),
    });
    expect(readdirSync(join(folder, 'full'))).toEqual(before);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port);
    const taken = await higgsflow(...HZZ, '--data', samples, '--out', 'full', '--force', '--port', port);
    server.close();
    expect(taken).toMatchObject({ code: 78, stderr: expect.stringContaining(port) });
    expect(readdirSync(join(folder, 'full'))).toEqual(before);
    expect(await higgsflow(...wrong, '--out', 'wrong')).toMatchObject({ code: 78 });
    expect(existsSync(join(folder, 'wrong'))).toBe(false);
  });

  it('ends with 3 where a file is cut short, reports it with its reason, and completes once it is mended', async () => {
    const broken = join(folder, 'broken');
    writeLeptonSamples(broken);
    const whole = readFileSync(join(broken, 'toy_llll.root'));
    truncateSync(join(broken, 'toy_llll.root'), whole.length / 2);
    const { code, stdout } = await higgsflow(...HZZ, '--data', broken, '--out', 'mended', '--no-web', '--json');
    expect(code).toBe(3);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      state: 'incomplete',
      failures: [{ dataset: 'llll', file: join(broken, 'toy_llll.root'), code: 'RootFormatError' }],
    });
    expect(report.failures[0].message).toMatch(/cut short/);
    expect(readFileSync(join(folder, 'mended/report.md'), 'utf8')).toMatch(/INCOMPLETE[\s\S]*## Failures[\s\S]*toy_llll\.root/);
    writeFileSync(join(broken, 'toy_llll.root'), whole);
    expect(await higgsflow('run', '--resume', '--out', 'mended', '--no-web')).toMatchObject({ code: 0 });
    expect(await higgsflow(...HZZ, '--data', samples, '--out', 'clean', '--no-web')).toMatchObject({ code: 0 });
    for (const name of ['histograms.json', 'histograms.csv', 'histograms.root']) {
      expect(readFileSync(join(folder, 'mended', name)).equals(readFileSync(join(folder, 'clean', name))), name).toBe(true);
    }
  });

  it.skipIf(process.platform === 'win32')('says that the folder which it runs in is gone', async () => {
    const command = `mkdir gone && cd gone && rmdir ../gone && "${process.execPath}" "${MAIN}" inspect x.root`;
    const child = spawn('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const closed = once(child, 'close');
    let stderr = '';
    for await (const text of child.stderr) stderr += text;
    expect([(await closed)[0], stderr]).toEqual([
      78,
      expect.stringMatching(/^higgsflow: the folder that this runs in is not there any more\. .*\n$/),
    ]);
  });

  it('says at once that the collector does not answer', async () => {
    const child = start('status', 'r', '--collector', 'http://127.0.0.1:8');
    const [text] = await once(child.stderr as Readable, 'data');
    expect(String(text)).toMatch(/^http:\/\/127\.0\.0\.1:8: the collector cannot be reached: .*; trying again/);
    child.kill();
    await once(child, 'close');
  });

  it('says what to do about a damaged ledger', async () => {
    mkdirSync(join(folder, 'damaged'));
    writeFileSync(join(folder, 'damaged/ledger.sqlite'), 'x'.repeat(5000));
    const { code, stderr } = await higgsflow('run', '--resume', '--out', 'damaged', '--no-web');
    expect(code).toBe(1);
    expect(stderr).toMatch(/ledger\.sqlite: the ledger is damaged .*--force/);
  });

  it('serves the page on the next free port where the usual one is taken, but not instead of one that was asked for', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const fixed = await higgsflow(...HZZ, '--data', samples, '--out', 'fixed', '--port', String(port));
      expect(fixed).toMatchObject({ code: 78, stderr: expect.stringContaining(String(port)) });
      expect(readdirSync(join(folder, 'fixed'))).toEqual([]);
    } finally {
      server.close();
    }
    const open = await higgsflow(...HZZ, '--data', samples, '--out', 'page');
    expect(open.stderr).toMatch(/Watch it at http:\/\/127\.0\.0\.1:\d+/);
  });

  it('keeps the page open until it is told to stop, with results to download', async () => {
    const child = start(...HZZ, '--data', samples, '--out', 'stay', '--port', '0', '--stay');
    let stderr = '';
    child.stdout?.resume();
    for await (const text of child.stderr ?? []) {
      stderr += text;
      if (stderr.includes('stays open')) break;
    }
    const [, url] = /Watch it at (\S+)/.exec(stderr) ?? [];
    expect(existsSync(join(folder, 'stay/report.json'))).toBe(true);
    expect((await fetch(url ?? '')).status).toBe(200);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  it('starts with no questions: toy samples made once, whole, where the real data are out of reach', async () => {
    const first = await higgsflow('start', '--toy', '--threads', '2', '--out', 'first', '--port', '0');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('TOY DATA') });
    expect(first.stderr).toMatch(/TOY SAMPLES, generated, not measured \(as asked\), written to/);
    const file = join(folder, 'cache/toy/atlas-2020/Data/data_A.4lep.root');
    const bytes = readFileSync(file);
    truncateSync(file, 1000);
    expect((await higgsflow('start', '--toy', '--out', 'second', '--port', '0')).stderr).toContain('written to');
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect((await higgsflow('start', '--toy', '--out', 'third', '--port', '0')).stderr).toContain(', from ');
    expect(readFileSync(join(folder, 'third/histograms.root')).equals(readFileSync(join(folder, 'first/histograms.root')))).toBe(true);
    const taken = await higgsflow('start', '--toy', '--out', 'third', '--port', '0');
    expect(taken).toMatchObject({
      code: 78,
      stderr: expect.stringContaining('Go on with it: higgsflow run --resume --out third. Replace it: --force.'),
    });
    expect(await higgsflow('start', '--toy', '--out', 'third', '--port', '0', '--force')).toMatchObject({ code: 0 });
    const { groups } = JSON.parse(readFileSync(join(folder, 'third/report.json'), 'utf8'));
    expect(groups[0]).toMatchObject({ name: 'data', entries: 507 });
  });
});
