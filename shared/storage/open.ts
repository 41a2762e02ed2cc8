import { DEFAULT_RETRY, type RetryPolicy, retry } from '../runtime/retry.ts';
import { DISK_LIMITS, findBackend } from './backends.ts';
import { withBeside } from './beside.ts';
import { throughCache } from './cache-prefix.ts';
import { type ReadLimits, withCoalescing } from './coalesce.ts';
import { givenSettings } from './given-settings.ts';
import { NO_COST, type ReadCost, readCostOf } from './read-cost.ts';
import { isLocal } from './schemes.ts';
import type { StorageSettings } from './settings.ts';
import type { CountedSource } from './source.ts';
import { withRetry } from './with-retry.ts';

export interface OpenOptions {
  /** Ends the opening, with its retries. Reads take their own signal. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** In place of the scheme's own limits. */
  readonly limits?: ReadLimits | undefined;
  /** A remote request that makes no progress for this long is given up; the settings' unless said. */
  readonly timeoutMs?: number | undefined;
  /** Largest file that is kept in memory where a server answers no ranges; 256 MiB unless said. */
  readonly maxWholeBytes?: number | undefined;
  /**
   * First bytes of a remote file that are fetched with its size, for the first read; 512 unless said: what a ROOT file is
   * asked for first.
   */
  readonly headBytes?: number | undefined;
  /**
   * The caller asks `verify` after the last read that counts. Where servers do not tell versions with their bytes, reads by
   * themselves then do without a question about the file each.
   */
  readonly verifies?: boolean | undefined;
  /** Sent to the host named in the location, for example an authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How remote files are read, with credentials; what the environment says unless given. */
  readonly settings?: StorageSettings | undefined;
  /** Other places of the same file, tried in this order when one fails. */
  readonly replicas?: readonly string[] | undefined;
}

const MAX_WHOLE_BYTES = 256 * 1024 * 1024;
/** As many as `openRootFile` reads at once. */
const HEAD_BYTES = 512;

/**
 * Opens a path or URL for reading by ranges, with retries and joined reads; remote ones also by what the settings say about
 * caches, bandwidth and copies in a fast folder.
 * @throws StorageError where it cannot be opened; ConfigError for a scheme that nobody serves.
 */
export async function openSource(location: string, options: OpenOptions = {}): Promise<CountedSource> {
  const { replicas: _, ...others } = options;
  return withBeside(await openAt(location, options), location, (place) => openAt(place, { ...others, verifies: false }));
}

async function openAt(location: string, options: OpenOptions): Promise<CountedSource> {
  const places = [location, ...(options.replicas ?? [])];
  for (const place of places) findBackend(place);
  if (places.length === 1 && isLocal(location)) return openLocal(location, options);
  const settings = await settingsOf(options);
  const { cachePrefix } = settings;
  const asked = cachePrefix === undefined ? places : places.flatMap((place) => [...new Set([throughCache(cachePrefix, place), place])]);
  const open = (place: string, label: string) => (isLocal(place) ? openLocal(place, options) : openRemote(place, label, options, settings));
  if (asked.length === 1) return open(location, serverOf(location));
  const { withReplicas } = await import('./replicas.ts');
  return withReplicas(
    asked.map((place) => {
      const label = places.includes(place) ? serverOf(place) : `${serverOf(place)} (cache)`;
      return { place: label, open: () => open(place, label) };
    }),
  );
}

/**
 * Copies a remote file to where `openSource` will read it, so that it is there when its turn comes. Without a folder for that
 * it does nothing.
 * Returns what it cost.
 * @throws StorageError where the file cannot be read
 */
export async function stageAhead(location: string, options: OpenOptions = {}): Promise<ReadCost> {
  if (isLocal(location)) return NO_COST;
  const settings = await settingsOf(options);
  if (settings.stageIn === undefined) return NO_COST;
  const source = await openSource(location, { ...options, settings });
  await source.close();
  return readCostOf(source);
}

async function settingsOf(options: OpenOptions): Promise<StorageSettings> {
  return options.settings ?? givenSettings() ?? (await import('./environment.ts')).environmentSettings();
}

async function openLocal(location: string, options: OpenOptions): Promise<CountedSource> {
  const { openFileSource } = await import('./file.ts');
  const source = await openPatiently(() => openFileSource(location), options);
  return withCoalescing(counting(source, serverOf(location)), options.limits ?? DISK_LIMITS);
}

/** `place`: what reports call where it lies. */
async function openRemote(location: string, place: string, options: OpenOptions, settings: StorageSettings): Promise<CountedSource> {
  const backend = findBackend(location);
  const {
    maxWholeBytes = MAX_WHOLE_BYTES,
    headers = {},
    headBytes = HEAD_BYTES,
    timeoutMs = settings.timeoutMs,
    signal,
    verifies = false,
  } = options;
  const source = await openPatiently(
    () => backend.open(location, { timeoutMs, maxWholeBytes, headers, headBytes, signal, settings, verifies }),
    options,
  );
  try {
    return await withSettings(counting(source, place), options.limits ?? backend.limits(settings), settings, signal);
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** Opens with retries, and reads with them. */
async function openPatiently(
  open: () => Promise<CountedSource>,
  { retry: policy = DEFAULT_RETRY, signal }: OpenOptions,
): Promise<CountedSource> {
  let retries = 0;
  const onRetry = () => {
    retries++;
  };
  const source = await retry(open, { policy, signal, onRetry });
  source.counters.retries += retries;
  return withRetry(source, policy);
}

/** Cap, joined reads, copy, disk cache: from the network outwards, over the retries of `openPatiently`. */
async function withSettings(
  source: CountedSource,
  limits: ReadLimits,
  settings: StorageSettings,
  signal: AbortSignal | undefined,
): Promise<CountedSource> {
  let wrapped = source;
  if (settings.downloadBytesPerSecond !== undefined) {
    const { threadBandwidth, withBandwidth } = await import('./bandwidth.ts');
    wrapped = withBandwidth(wrapped, threadBandwidth(settings.downloadBytesPerSecond));
  }
  wrapped = withCoalescing(wrapped, limits);
  if (settings.stageIn !== undefined) wrapped = await (await import('./stage-in.ts')).withStageIn(wrapped, settings.stageIn, signal);
  if (settings.diskCache !== undefined) wrapped = (await import('./disk-cache.ts')).withDiskCache(wrapped, settings.diskCache);
  return wrapped;
}

/** The same source, all of whose bytes come from one place. */
function counting(source: CountedSource, place: string): CountedSource {
  const { counters } = source;
  return { ...source, places: () => ({ [place]: { bytes: counters.bytes, requests: counters.requests } }) };
}

/** What reports call the place of a location: `root://host:1094`, `s3://bucket`; `files` for those of this machine. */
function serverOf(location: string): string {
  if (isLocal(location)) return 'files';
  const [, scheme = '', , host = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/@]*@)?([^/?#]*)/i.exec(location) ?? [];
  return scheme === 'synthetic' ? scheme : `${scheme.toLowerCase()}://${host}`;
}
