import { ConfigError } from '../errors.ts';
import { type FoundFile, findInFolders, fits, patternStart } from './folder.ts';
import { QUOTE_PATTERNS } from './quote-patterns.ts';
import { urlScheme } from './schemes.ts';
import type { StorageSettings } from './settings.ts';

/** A remote file and its size. */
export interface ListedFile {
  readonly location: string;
  readonly bytes: number;
}

export interface ListOptions {
  readonly settings?: StorageSettings | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Schemes whose places can be listed. */
const LISTED = new Set(['s3', 'gs', 'root', 'roots', 'dav', 'davs']);

/** True for a remote location that stands for several files: it has `*`, `?`, `[` or `{` in its path, or ends with `/`. */
export function isRemotePattern(location: string): boolean {
  if (!LISTED.has(urlScheme(location) ?? '')) return false;
  return location.endsWith('/') || patternStart(pathOf(location)) >= 0;
}

/**
 * The files that a remote pattern names, sorted: `s3://bucket/data/*.root`, `root://host//store/**`; a location that ends with
 * `/` means all `*.root` below.
 * @throws StorageError where the place cannot be listed; ConfigError where nothing matches
 */
export async function listRemote(pattern: string, { settings: given, signal }: ListOptions = {}): Promise<ListedFile[]> {
  const settings = given ?? (await import('./environment.ts')).environmentSettings();
  const whole = pattern.endsWith('/') ? `${pattern}**/*.root` : pattern;
  const scheme = urlScheme(pattern);
  const found = scheme === 's3' || scheme === 'gs' ? await listBucket(whole, settings, signal) : await listFolders(whole, settings, signal);
  if (found.length > 0) return found.sort((a, b) => (a.location < b.location ? -1 : 1));
  if (whole !== pattern) throw new ConfigError('no *.root file is below it', { file: pattern, hint: 'Is the name right?' });
  throw new ConfigError('no file matches this pattern', { file: pattern, hint: QUOTE_PATTERNS });
}

/** Keys are sorted by their beginning: only those are asked for that begin as the pattern does. */
async function listBucket(pattern: string, settings: StorageSettings, signal: AbortSignal | undefined): Promise<ListedFile[]> {
  const [, scheme = '', bucket = '', keyPattern = ''] = /^(\w+):\/\/([^/]+)\/(.*)$/.exec(pattern) ?? [];
  const prefix = keyPattern.slice(0, patternStart(keyPattern));
  const files: ListedFile[] = [];
  for await (const { key, size } of await bucketLister(scheme, bucket, prefix, settings, signal)) {
    if (fits(key, keyPattern)) files.push({ location: `${scheme}://${bucket}/${key}`, bytes: size });
  }
  return files;
}

async function bucketLister(scheme: string, bucket: string, prefix: string, settings: StorageSettings, signal: AbortSignal | undefined) {
  const { timeoutMs } = settings;
  const { listS3 } = await import('./s3.ts');
  if (scheme.toLowerCase() === 's3') return listS3(bucket, prefix, { settings: settings.s3, timeoutMs, signal });
  const { gcsAsS3, listGcs } = await import('./gcs.ts');
  const asS3 = gcsAsS3(settings.gcs);
  if (asS3 !== undefined) return listS3(bucket, prefix, { settings: asS3, timeoutMs, signal });
  return listGcs(bucket, prefix, { settings: settings.gcs, timeoutMs, signal });
}

async function listFolders(pattern: string, settings: StorageSettings, signal: AbortSignal | undefined): Promise<ListedFile[]> {
  const start = pattern.slice(0, pattern.length - pathOf(pattern).length + patternStart(pathOf(pattern)));
  const base = start.slice(0, start.lastIndexOf('/') + 1);
  const list = await folderLister(settings, signal);
  const isWeb = /^dav/i.test(base);
  const escaped = (path: string) => (isWeb ? path.split('/').map(encodeURIComponent).join('/') : path);
  const found: FoundFile[] = await findInFolders(pattern.slice(base.length), (folder) => list(`${base}${escaped(folder)}`));
  return found.map(({ path, size }) => ({ location: `${base}${escaped(path)}`, bytes: size }));
}

async function folderLister(settings: StorageSettings, signal: AbortSignal | undefined) {
  const { timeoutMs, token } = settings;
  const { listXrootdFolder } = await import('./xrootd.ts');
  const { listDavFolder } = await import('./dav.ts');
  const { xrootdOptions } = await import('./xrootd/options.ts');
  const { authoritiesOf } = await import('./authorities.ts');
  const authorities = await authoritiesOf(settings);
  const forXrootd = { ...(await xrootdOptions(settings)), timeoutMs, signal };
  return (folder: string) =>
    /^dav/i.test(folder) ? listDavFolder(folder, { token, timeoutMs, authorities, signal }) : listXrootdFolder(folder, forXrootd);
}

function pathOf(location: string): string {
  return location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
}
