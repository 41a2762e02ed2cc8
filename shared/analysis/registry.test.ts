import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANALYSIS_NAMES, loadAnalysis, loadAnalysisFile, loadBuiltInAnalysis } from './registry.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-analysis-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(name: string, source: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, source);
  return pathToFileURL(path).href;
}

/** What `defineAnalysis` takes may also be written down without it. */
const PLAIN = `{
  name: 'mine', title: 'Mine', tree: 'events', columns: { x: 'f32' }, cutFlow: ['all'],
  histograms: () => ({ x: { title: 'x', axes: [{ type: 'regular', name: 'x', label: 'x', unit: '', bins: 4, lo: 0, hi: 1 }] } }),
  process() {},
}`;

describe('built-in analyses', () => {
  it.each(ANALYSIS_NAMES)('%s is found by its name', async (name) => {
    expect((await loadAnalysis(name)).name).toBe(name);
  });

  it('are suggested where a name is wrong', async () => {
    await expect(loadBuiltInAnalysis('atlas-hzz-2021')).rejects.toThrow(
      'there is no built-in analysis `atlas-hzz-2021`. Did you mean `atlas-hzz-2020`',
    );
    await expect(loadBuiltInAnalysis('toString')).rejects.toMatchObject({ code: 'ConfigError' });
  });
});

describe("a user's file", () => {
  it.each([
    ['named', `export const analysis = ${PLAIN};`],
    ['default', `export default ${PLAIN};`],
    ['sole', `export const helper = 3; export const mine = ${PLAIN};`],
    ['typed', `const bins: number = 4; export const analysis = { ...${PLAIN}, parameters: { bins } };`],
  ])('is loaded (%s export)', async (name, source) => {
    expect((await loadAnalysis(await fileWith(`${name}.ts`, source))).name).toBe('mine');
  });

  it('finds higgsflow/analysis from where it is, alone or in the folder of analyses', async () => {
    const source = `import { defineAnalysis, regular } from 'higgsflow/analysis';
      export const analysis = defineAnalysis({ ...${PLAIN}, histograms: () => ({ x: { title: 'x', axes: [regular(4, 0, 1, { name: 'x' })] } }) });`;
    const url = await fileWith('imports.ts', source);
    expect((await loadAnalysis(url)).name).toBe('mine');
    expect((await loadAnalysis('analyses:imports.ts', { folder: new URL('.', url).href })).name).toBe('mine');
  });

  it('in a checkout may import by paths as well', async () => {
    const url = new URL('../../test/kubernetes/slow-analysis.ts', import.meta.url);
    expect((await loadAnalysisFile(url)).name).toBe('slow');
  });

  it('without an analysis is told what to write', async () => {
    const url = await fileWith('other.ts', 'export const cut = 3;');
    await expect(loadAnalysisFile(url)).rejects.toThrow('the file exports no analysis (it exports cut). Write `export const analysis =');
    await expect(loadAnalysisFile(await fileWith('empty.ts', '\n'))).rejects.toThrow('it exports nothing');
    const two = await fileWith('two.ts', `export const a = ${PLAIN}; export const b = ${PLAIN};`);
    await expect(loadAnalysisFile(two)).rejects.toThrow('several analyses');
  });

  it('that is not valid is named with all its problems', async () => {
    const url = await fileWith('bad.ts', "export const analysis = { name: 'bad', cutFlow: ['all'] };");
    await expect(loadAnalysisFile(url)).rejects.toMatchObject({ code: 'ConfigError', file: join(folder, 'bad.ts'), object: 'bad' });
    await expect(loadAnalysisFile(url)).rejects.toThrow(/`title` must be a text; `tree` must be a text; .*`process` must be a function/);
  });

  it('that is missing or broken says so', async () => {
    await expect(loadAnalysisFile(pathToFileURL(join(folder, 'nowhere.ts')))).rejects.toMatchObject({
      code: 'ConfigError',
      message: `${join(folder, 'nowhere.ts')}: no such file`,
    });
    await expect(loadAnalysisFile(pathToFileURL('nowhere.ts'))).rejects.toThrow(/^\.\/nowhere\.ts: no such file$/);
    await expect(loadAnalysisFile(pathToFileURL(folder))).rejects.toThrow(`${folder}: it is a folder, not the file of an analysis`);
    await expect(loadAnalysisFile(await fileWith('numbers.py', 'print(1)'))).rejects.toThrow(
      'numbers.py: an analysis is written in TypeScript or JavaScript. Its name ends in .ts, .mts, .js or .mjs.',
    );
    await expect(loadAnalysisFile(await fileWith('throws.ts', "throw new Error('oops');"))).rejects.toThrow(
      'the analysis cannot be loaded: oops',
    );
  });

  it('is not fetched from elsewhere', async () => {
    await expect(loadAnalysisFile('https://example.org/analysis.js')).rejects.toThrow('file: URL only');
    await expect(loadAnalysis('data:text/javascript,export const analysis = 1')).rejects.toMatchObject({ code: 'ConfigError' });
  });
});
