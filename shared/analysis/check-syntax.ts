/** Where a JavaScript file cannot be parsed: that is not in the error of its import. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lineOfSyntax } from './line-of-error.ts';

/** The first line in one of the files (given by URL) that is no JavaScript, with its place; undefined where Node finds none. */
export function findSyntaxError(files: readonly string[]): string | undefined {
  for (const file of files) {
    if (!/\.[cm]?js$/.test(file)) continue;
    const { stderr } = spawnSync(process.execPath, ['--check', fileURLToPath(file)], { encoding: 'utf8', timeout: CHECK_MS });
    const line = lineOfSyntax((stderr ?? '').split('\n'));
    if (line !== undefined) return line;
  }
  return undefined;
}

const CHECK_MS = 10_000;
