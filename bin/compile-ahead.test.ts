import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What a worker's threads do: a task on a file of each codec. Arguments: the files. */
const READ = `
  import { ComputePool } from '${new URL('../services/worker/compute-pool.ts', import.meta.url)}';
  import { DEFAULT_RETRY } from '${new URL('../shared/runtime/retry.ts', import.meta.url)}';
  const options = { memoryMb: 256, batchBytes: 8e6, allowAnalysisFiles: false, readRetry: DEFAULT_RETRY };
  const pool = new ComputePool({ threads: 1, ...options });
  for (const url of process.argv.slice(2)) {
    const task = { v: 1, run: 'r', index: 0, dataset: 'ggH125_ZZ4lep', isData: false, url, tree: 'mini', analysis: 'atlas-hzz-2020' };
    const answer = await pool.run({ ...task, parameters: {}, attempt: 1 });
    if (answer.kind !== 'partial') throw new Error(JSON.stringify(answer));
  }
  await pool.close();
`;

it('compiles all that the threads of a worker load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'higgsflow-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const cache = join(folder, 'compiled');
  const node = (env: object, ...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env }, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  const files = ['zlib', 'lz4', 'zstd', 'lzma'].map((codec) => {
    const toy = ['generate', '--out', join(folder, codec), '--scale', '0.001', '--sample', 'ggH125_ZZ4lep', '--codec', codec];
    node({}, 'cli/main.ts', ...toy);
    const [file = ''] = readdirSync(join(folder, codec), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.root'));
    return join(folder, codec, file);
  });
  node({ NODE_COMPILE_CACHE: cache }, 'bin/compile-ahead.mjs');
  const compiled = () => readdirSync(cache, { recursive: true, encoding: 'utf8' });
  const ahead = compiled();
  expect(ahead.length).toBeGreaterThan(300);
  writeFileSync(join(folder, 'read.mjs'), READ);
  node({ NODE_COMPILE_CACHE: cache }, join(folder, 'read.mjs'), ...files);
  const added = compiled().filter((name) => !ahead.includes(name));
  expect(added).toHaveLength(1); // the script itself
});

it('compiles as the user of the image, for nobody else finds it', () => {
  const stages = readFileSync(join(ROOT, 'Dockerfile'), 'utf8').split(/^FROM /m);
  const userOf = (stage = '') => /^USER (.*)$/m.exec(stage)?.[1];
  const compiling = stages.find((stage) => stage.includes('RUN node bin/compile-ahead.mjs'));
  expect(userOf(compiling)).toBeDefined();
  expect(userOf(compiling)).toBe(userOf(stages.at(-1)));
});
