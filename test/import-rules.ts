/** Who may import whom: the rules as data, and a checker for one file. */
import { posix } from 'node:path';

/** What the files of one area may import besides their own area and `EVERYWHERE`. The most specific area counts. */
export interface Area {
  /** Paths of files or folders in this repository. */
  readonly may: readonly string[];
  /** Runs in a browser as well: no `node:*`. */
  readonly pure?: boolean;
}

/** Small, and imported by all. */
const EVERYWHERE = [
  ...['shared/errors.ts', 'shared/near-misses.ts', 'shared/did-you-mean.ts', 'shared/schema.ts', 'shared/system-message.ts'],
  'shared/make-folder.ts',
];

export const AREAS: Readonly<Record<string, Area>> = {
  'shared/errors.ts': { may: [], pure: true },
  'shared/near-misses.ts': { may: [], pure: true },
  'shared/did-you-mean.ts': { may: [], pure: true },
  'shared/schema.ts': { may: [], pure: true },
  'shared/system-message.ts': { may: [], pure: true },
  'shared/make-folder.ts': { may: [] },
  'shared/histogram': { may: [], pure: true },
  'shared/plot': { may: ['shared/histogram'], pure: true },
  'shared/analysis': { may: ['shared/histogram', 'shared/root/column-type.ts'], pure: true },
  // Users' files are found and loaded by Node.
  'shared/analysis/registry.ts': { may: ['shared/analysis'] },
  'shared/analysis/check-syntax.ts': { may: ['shared/analysis/line-of-error.ts'] },
  'shared/analysis/own-imports.ts': { may: ['shared/analysis/users-files.ts'] },
  'shared/datasets': { may: [], pure: true },
  'shared/root': { may: ['shared/storage/source.ts', 'shared/histogram'] },
  'shared/root/write': { may: ['shared/root', 'shared/histogram'] },
  'shared/toy': { may: ['shared/root', 'shared/datasets'] },
  'shared/runtime': { may: [] },
  'shared/storage': { may: ['shared/runtime'] },
  'shared/storage/synthetic.ts': { may: ['shared/storage', 'shared/root/write', 'shared/toy/toy-mark.ts'] },
  'shared/queue': { may: ['shared/runtime'] },
  // What other processes say to the collector: its ports over HTTP.
  'shared/kubernetes': { may: ['shared/plot/feed.ts', 'shared/plot/snapshot.ts', 'shared/runtime/retry.ts'] },
  'shared/client': { may: ['shared/plot', 'shared/queue', 'shared/results', 'shared/runtime'] },
  'shared/results': { may: ['shared/histogram', 'shared/plot', 'shared/analysis', 'shared/root/write', 'shared/toy/toy-mark.ts'] },
  'services/producer': { may: ['shared'] },
  'services/worker': { may: ['shared'] },
  'services/collector': { may: ['shared'] },
  'services/scaler': { may: ['shared'] },
  'services/web': { may: ['shared'] },
  cli: { may: ['shared', 'services'] },
  bench: { may: ['shared', 'services'] },
};

/** One package is known to one place. What is not listed here is imported nowhere. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@aws-sdk/client-s3': ['shared/storage'],
  '@google-cloud/storage': ['shared/storage'],
  '@kubernetes/client-node': ['shared/kubernetes'],
  '@msgpack/msgpack': ['shared/queue'],
  '@napi-rs/canvas': ['services/web'],
  '@napi-rs/lzma': ['shared/root'],
  amqplib: ['shared/queue'],
  'chart.js': ['shared/plot', 'services/web'],
  'chartjs-node-canvas': ['services/web'],
  commander: ['cli'],
  'dejavu-fonts-ttf': ['services/web'],
  express: ['services/web'],
  'hash-wasm': ['shared/root'],
  'google-auth-library': ['shared/storage'],
  'lz4-napi': ['shared/root'],
  pino: ['shared/runtime'],
  'prom-client': ['shared/runtime'],
  valibot: [...['shared/schema.ts', 'shared/queue', 'shared/runtime', 'shared/datasets', 'shared/kubernetes'], ...['services', 'cli']],
  'xxhash-wasm': ['shared/root'],
  yaml: ['shared/datasets', 'cli'],
};

/** Words that only some files may say. */
const WORDS: readonly { readonly word: RegExp; readonly name: string; readonly only: RegExp }[] = [
  { word: /\bprocess\.env\b/, name: 'process.env', only: /^shared\/runtime\/config\.ts$/ },
  { word: /\bprocess\.exit\b/, name: 'process.exit', only: /^(cli|services\/[a-z]+)\/main\.ts$/ },
];

/** True for what only tests load: they may import anything. */
export function isTestCode(path: string): boolean {
  return /\.test\.ts$|^test\/|(^|[/-])conformance\.ts$|\/test-[a-z-]+\.ts$/.test(path);
}

const IMPORTS = [
  /^\s*(?:import|export)\b[^'"`;=]*?\bfrom\s*(['"])([^'"\n]+)\1/gm,
  /^\s*import\s*(['"])([^'"\n]+)\1/gm,
  /\bimport\(\s*(['"])([^'"\n]+)\1/g,
];

/** Specifiers of static and dynamic imports and of re-exports, in code whose comments and statements begin their lines. */
export function importsOf(source: string): string[] {
  const code = withoutComments(source);
  return IMPORTS.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[2] ?? ''));
}

/** What is wrong with the imports and words of one file, as one line each. `path` is relative to the repository. */
export function breaches(path: string, source: string): string[] {
  if (isTestCode(path)) return [];
  const said = WORDS.filter(({ word, only }) => word.test(withoutComments(source)) && !only.test(path));
  const imports = importsOf(source).map((specifier) => breachOfImport(path, specifier));
  return [...said.map(({ name }) => `${path}: says ${name}`), ...imports.filter((line) => line !== undefined)];
}

function breachOfImport(path: string, specifier: string): string | undefined {
  const area = areaOf(path);
  if (area === undefined) return `${path}: is in no area of test/import-rules.ts`;
  const [areaPath, rules] = area;
  if (specifier.startsWith('node:')) return rules.pure ? `${path}: ${areaPath} is pure, but imports ${specifier}` : undefined;
  const target = targetOf(path, specifier);
  if (target === undefined) {
    const name = packageOf(specifier);
    const places = PACKAGES[name];
    return places?.some((place) => isIn(path, place)) ? undefined : `${path}: ${name} belongs to ${places?.join(', ') ?? 'no place'}`;
  }
  if (isTestCode(target)) return `${path}: imports the test code ${target}`;
  if (/\/main\.ts$/.test(target)) return `${path}: imports ${target}, which is a program`;
  const allowed = [areaPath, ...rules.may, ...EVERYWHERE].some((place) => isIn(target, place));
  return allowed ? undefined : `${path}: ${areaPath} may not import ${target}`;
}

/** Permissions that none of these files makes use of, as "area: place". */
export function unusedPermissions(files: ReadonlyMap<string, string>): string[] {
  const targets = [...files]
    .filter(([path]) => !isTestCode(path))
    .flatMap(([path, source]) => importsOf(source).map((specifier) => [areaOf(path)?.[0], targetOf(path, specifier)] as const));
  const isUsed = (area: string, place: string) => targets.some(([from, to]) => from === area && to !== undefined && isIn(to, place));
  return Object.entries(AREAS).flatMap(([area, { may }]) =>
    may.filter((place) => !isUsed(area, place)).map((place) => `${area}: ${place}`),
  );
}

function areaOf(path: string): [string, Area] | undefined {
  const areas = Object.entries(AREAS).filter(([place]) => isIn(path, place));
  return areas.sort(([a], [b]) => b.length - a.length)[0];
}

/** The path in this repository that a specifier leads to; undefined for a package. */
function targetOf(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function isIn(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}

/** Comments at the beginning of lines only: "/*" elsewhere may be part of a string. */
function withoutComments(source: string): string {
  return source.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '').replace(/^[ \t]*\/\/.*$/gm, '');
}
