/** The checks that need no test to run: types, lint and format, dead code. Runs all of them, then says which failed. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const CHECKS = [
  ['types', 'node_modules/typescript/bin/tsc', []],
  ['lint and format', 'node_modules/@biomejs/biome/bin/biome', ['ci', '--error-on-warnings']],
  ['dead code', 'node_modules/knip/bin/knip.js', []],
];

const failed = CHECKS.filter(([name, script, args]) => {
  process.stdout.write(`== ${name}\n`);
  const { status, error } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (error) process.stdout.write(`${error.message}\n`);
  return status !== 0;
});
const names = failed.map(([name]) => name).join(', ');
process.stdout.write(failed.length === 0 ? 'checks: all good\n' : `checks: failed: ${names}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
