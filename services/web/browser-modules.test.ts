import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadBrowserModules, stripTypes } from './browser-modules.ts';

describe('modules for the browser', () => {
  it('hold the page and all that it imports, each import a path that is served', async () => {
    const modules = await loadBrowserModules(new URL('./page/page.ts', import.meta.url));
    expect([...modules.keys()]).toEqual(expect.arrayContaining(['/assets/services/web/page/page.ts', '/assets/shared/plot/plot-model.ts']));
    for (const [path, source] of modules) {
      for (const [, target] of source.matchAll(/\bfrom\s+['"]([^'"]+)['"]/g))
        expect(modules.has(target ?? ''), `${path} imports ${target}`).toBe(true);
      expect(source).not.toMatch(/^\s*(interface|import type)\b/m);
    }
  });

  it('refuse a package, which a browser does not have, naming module and package', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'browser-modules-'));
    try {
      const file = join(folder, 'bad.ts');
      await writeFile(file, "import { readFile } from 'node:fs';\nreadFile;\n");
      await expect(loadBrowserModules(pathToFileURL(file))).rejects.toThrow(/bad\.ts: a browser cannot import "node:fs"/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('stripTypes', () => {
  it('keeps lines and columns, so that errors point at the source', () => {
    expect(stripTypes('const a: number = 1;\nthrow a;')).toBe('const a         = 1;\nthrow a;');
  });

  it('keeps back its own warning and no other, and only while it runs', () => {
    const before = process.emitWarning;
    stripTypes('const a: number = 1;');
    expect(process.emitWarning).toBe(before);
    expect(() => stripTypes('const a: = 1;')).toThrow();
    expect(process.emitWarning).toBe(before);
  });
});
