/** What a package of this repository holds. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function packed(): string[] {
  const text = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' });
  const [{ files }] = JSON.parse(text) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
}

describe('the package', () => {
  it('holds the program, and neither tests nor what was made with it', { timeout: 30_000 }, () => {
    const files = packed();
    for (const path of ['bin/higgsflow.mjs', 'cli/api.ts', 'shared/analysis/api.ts', 'services/worker/main.ts', 'LICENSE']) {
      expect(files).toContain(path);
    }
    const places = new Set(files.map((path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '')));
    expect([...places].sort()).toEqual(['', 'bin', 'cli', 'examples', 'services', 'shared']);
    expect(files.filter((path) => /\.test\.ts$|(^|\/)test-/.test(path))).toEqual([]);
  });
});
