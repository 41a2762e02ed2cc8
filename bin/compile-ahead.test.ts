import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

it('compiles all that compute threads load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'higgsflow-compiled-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const run = (script: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: ROOT, env, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
  };
  /** Files by the flags that they are for. */
  const compiled = () =>
    new Map(readdirSync(env.NODE_COMPILE_CACHE).map((flags) => [flags, readdirSync(join(env.NODE_COMPILE_CACHE, flags))]));
  run('bin/compile-ahead.mjs');
  const ahead = compiled();
  run('cli/main.ts', 'generate', '--out', join(folder, 'toy'), '--scale', '0.001', '--sample', 'ggH125_ZZ4lep');
  run('cli/main.ts', 'run', '-a', 'atlas-hzz-2020', '-d', join(folder, 'toy'), '--out', join(folder, 'out'), '--no-web');
  const after = compiled();
  expect([...after.keys()]).toEqual([...ahead.keys()]);
  expect(ahead.size).toBe(2);
  // The command line compiles more of its own; threads nothing.
  const unchanged = [...ahead].filter(([flags, files]) => after.get(flags)?.length === files.length);
  expect(unchanged).toHaveLength(1);
});
