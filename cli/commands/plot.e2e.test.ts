import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import { contentsFrom } from '#shared/histogram/contents.ts';
import { histogramsToRoot } from '#shared/root/write/histograms.ts';
import { TOY_MARK } from '#shared/toy/toy-mark.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const HISTOGRAMS = fileURLToPath(new URL('../../test/fixtures/histograms/histograms.root', import.meta.url));
const RNTUPLE = fileURLToPath(new URL('../../test/fixtures/rntuple/nano.root', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'plot-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The real program in a process of its own, to its end. */
function higgsflow(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

describe('higgsflow plot', () => {
  it('writes a picture, named after the histogram or as asked', async () => {
    const signature = [0x89, 0x50, 0x4e, 0x47];
    expect(await higgsflow('plot', `${HISTOGRAMS}:deep/inside;1`)).toMatchObject({ code: 0, stdout: 'inside.png\n' });
    expect([...readFileSync(join(folder, 'inside.png')).subarray(0, 4)]).toEqual(signature);
    expect(await higgsflow('plot', `${HISTOGRAMS}:h1D`, '--log', '--out', 'mine.png')).toMatchObject({ code: 0, stdout: 'mine.png\n' });
    expect([...readFileSync(join(folder, 'mine.png')).subarray(0, 4)]).toEqual(signature);
  });

  it('makes the folder of the picture, and says where it cannot be', async () => {
    expect(await higgsflow('plot', `${HISTOGRAMS}:h1D`, '--out', 'new/x.png')).toMatchObject({ code: 0, stdout: 'new/x.png\n' });
    const refused = await higgsflow('plot', `${HISTOGRAMS}:h1D`, '--out', 'new/x.png/y.png');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^higgsflow: new\/x\.png: cannot be made \(/) });
  });

  it('draws graphs, and histograms and profiles of two axes', async () => {
    for (const name of ['graph', 'graph_errors', 'graph_asymmetric', 'h2D', 'variable2', 'profile2']) {
      expect(await higgsflow('plot', `${HISTOGRAMS}:${name}`)).toMatchObject({ code: 0, stdout: `${name}.png\n` });
      expect(readFileSync(join(folder, `${name}.png`)).length).toBeGreaterThan(5000);
    }
  });

  it('marks what comes from a toy run', async () => {
    const mass = contentsFrom([regular(1, 0, 1, { name: 'm' })], { sumw: [0, 4, 0], sumw2: [0, 4, 0], entries: [0, 4, 0] });
    const draw = async (texts: Record<string, string>) => {
      writeFileSync(join(folder, 'results.root'), histogramsToRoot({ m: mass }, texts));
      expect(await higgsflow('plot', 'results.root:m')).toMatchObject({ code: 0, stdout: 'm.png\n' });
      return readFileSync(join(folder, 'm.png'));
    };
    const plain = await draw({});
    expect(plain.equals(await draw({ note: '{}' }))).toBe(true);
    expect(plain.equals(await draw({ [TOY_MARK]: '{}' }))).toBe(false);
  });

  it('says what it cannot draw, and what there is', async () => {
    expect(await higgsflow('plot', `${HISTOGRAMS}:nothing`)).toMatchObject({ code: 78, stderr: expect.stringContaining('h1D') });
    expect(await higgsflow('plot', HISTOGRAMS)).toMatchObject({ code: 78, stderr: expect.stringContaining('FILE:HISTOGRAM') });
    expect(await higgsflow('plot', `${HISTOGRAMS}:h3D`)).toMatchObject({ code: 78, stderr: expect.stringContaining('of 3 axes') });
    expect(await higgsflow('plot', `${RNTUPLE}:Events`)).toMatchObject({
      code: 78,
      stderr: expect.stringContaining("'Events' is of class ROOT::RNTuple, not a histogram. The file has no histogram or graph."),
    });
  });
});

describe('higgsflow inspect and dump', () => {
  it('show histograms, and the fields of RNTuples', async () => {
    expect((await higgsflow('inspect', HISTOGRAMS)).stdout).toMatch(/h2F;1 +TH2F +5 from 0 to 20 × 3 from 0 to 12 +60/);
    expect((await higgsflow('inspect', RNTUPLE)).stdout).toMatch(/Muon_pt +.*f32\[\] +ZS/);
    expect(await higgsflow('dump', RNTUPLE, 'Events', 'nMuon', '--to', '3')).toMatchObject({ code: 0, stdout: '0\t2\n1\t1\n2\t2\n' });
    for (const option of ['--from', '--to'])
      expect(await higgsflow('dump', RNTUPLE, 'Events', 'nMuon', option, '-1')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('It must be a whole number.'),
      });
  });
});
