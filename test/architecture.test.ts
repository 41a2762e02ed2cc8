import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AREAS, breaches, importsOf, PACKAGES, unusedPermissions } from './import-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const paths = globSync('{shared,services,cli,bench}/**/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));
const files = new Map(paths.map((path) => [path, readFileSync(`${root}${path}`, 'utf8')]));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { dependencies: Record<string, string>; license: string };

describe('the architecture', () => {
  it('is kept by every file', () => {
    expect(files.size).toBeGreaterThan(20);
    expect([...files].flatMap(([path, source]) => breaches(path, source))).toEqual([]);
  });

  it('has rules only for places that exist', () => {
    const missing = Object.keys(AREAS).filter((place) => !paths.some((path) => path === place || path.startsWith(`${place}/`)));
    expect(missing).toEqual([]);
  });

  it('permits no import that nobody needs', () => {
    expect(unusedPermissions(files)).toEqual([]);
  });

  it('gives each dependency a place, and knows no others', () => {
    expect(Object.keys(PACKAGES).sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('pins each dependency to one version', () => {
    const loose = Object.entries(manifest.dependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version));
    expect(loose).toEqual([]);
  });
});

describe('importsOf', () => {
  it.each([
    ["import { a } from './a.ts';", ['./a.ts']],
    ["import type { A } from '#shared/a.ts';", ['#shared/a.ts']],
    ["import {\n  a,\n  b,\n} from './a.ts';", ['./a.ts']],
    ["import './effect.ts';", ['./effect.ts']],
    ["export { a } from './a.ts';", ['./a.ts']],
    ["const a = await import('./a.ts');", ['./a.ts']],
    ['import a from "pkg/sub";', ['pkg/sub']],
    ["const sql = `\n  SELECT x FROM y\n  FROM 'z'`;\nconst line = \"from 'z'\";", []],
    ["/**\n * @example\n * import { a } from './a.ts';\n */\nimport 'b';", ['b']],
    ["// import './a.ts';\nconst glob = 'x/*.root';\nimport './b.ts'; /* end */", ['./b.ts']],
  ])('of %j are %j', (source, expected) => {
    expect(importsOf(source)).toEqual(expected);
  });
});

describe('unusedPermissions', () => {
  it('names those that no file uses', () => {
    const unused = unusedPermissions(new Map([['shared/plot/x.ts', "import { a } from '../histogram/a.ts';"]]));
    expect(unused).not.toContain('shared/plot: shared/histogram');
    expect(unused).toContain('shared/storage: shared/runtime');
  });
});

describe('breaches', () => {
  it.each([
    ['a pure folder uses Node', 'shared/histogram/x.ts', "import { readFileSync } from 'node:fs';", 'pure'],
    ['a pure folder uses a package', 'shared/histogram/x.ts', "import * as v from 'valibot';", 'valibot belongs to'],
    ['a package is used outside its place', 'shared/queue/x.ts', "import express from 'express';", 'express belongs to services/web'],
    ['a package is used that nobody listed', 'cli/x.ts', "import _ from '@scope/lodash/fp';", '@scope/lodash belongs to no place'],
    [
      'a service imports another',
      'services/worker/x.ts',
      "import { l } from '../collector/ledger.ts';",
      'may not import services/collector/ledger.ts',
    ],
    [
      'a service imports another lazily',
      'services/worker/x.ts',
      "await import('#services/web/web.ts')",
      'may not import services/web/web.ts',
    ],
    ['the reader imports more of storage than the port', 'shared/root/x.ts', "import { o } from '../storage/open.ts';", 'may not import'],
    ['shared code imports a service', 'shared/queue/x.ts', "import '#services/web/web.ts';", 'may not import'],
    ['a program is imported', 'cli/x.ts', "import '../services/worker/main.ts';", 'is a program'],
    ['code imports test code', 'cli/x.ts', "import '../test/test-data.ts';", 'test code'],
    ['code imports a conformance suite', 'cli/x.ts', "import '#shared/queue/conformance.ts';", 'test code'],
    ['a file lies in no area', 'shared/utils/x.ts', "import './y.ts';", 'no area'],
    ['the environment is read elsewhere', 'cli/x.ts', "const home = process.env['HOME'];", 'process.env'],
    ['the process is ended elsewhere', 'shared/runtime/x.ts', 'process.exit(1);', 'process.exit'],
  ])('are found where %s', (_what, path, source, expected) => {
    expect(breaches(path, source)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['the port', 'shared/root/x.ts', "import type { ByteSource } from '../storage/source.ts';"],
    ['errors', 'shared/histogram/x.ts', "import { AnalysisError } from '../errors.ts';"],
    ['a neighbour', 'services/web/x.ts', "import { a } from './a.ts';"],
    ['a service by the command line', 'cli/commands/x.ts', "import { startWorker } from '#services/worker/worker.ts';"],
    ['a comment that speaks of process.env', 'cli/x.ts', '// never process.env here'],
    ['anything in a test', 'shared/histogram/x.test.ts', "import fc from 'fast-check'; process.exit(process.env.X);"],
  ])('are not seen in %s', (_what, path, source) => {
    expect(breaches(path, source)).toEqual([]);
  });
});
