import { ConfigError } from '../errors.ts';
import { DEFAULT_RETRY, type RetryPolicy, retry } from '../runtime/retry.ts';
import { type ReadLimits, withCoalescing } from './coalesce.ts';
import type { CountedSource } from './source.ts';
import { withRetry } from './with-retry.ts';

export interface OpenOptions {
  /** Ends the opening, with its retries. Reads take their own signal. */
  readonly signal?: AbortSignal | undefined;
  readonly retry?: RetryPolicy | undefined;
  /** In place of the scheme's own limits. */
  readonly limits?: ReadLimits | undefined;
  /** A remote request that makes no progress for this long is given up; 30 s unless said. */
  readonly timeoutMs?: number | undefined;
  /** Largest file that is kept in memory where a server answers no ranges; 256 MiB unless said. */
  readonly maxWholeBytes?: number | undefined;
  /** Sent to the host named in the location, for example an authorization. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

interface Backend {
  readonly limits: ReadLimits;
  open(location: string, options: OpenOptions): Promise<CountedSource>;
}

const KIB = 1024;
const MIB = 1024 * KIB;

const FILE: Backend = {
  // A gap costs reading it; a further read about as much as 64 KiB. One at a time: threads share the disk already.
  limits: { gapBytes: 64 * KIB, maxBytes: 8 * MIB, parallel: 1 },
  open: async (location) => (await import('./file.ts')).openFileSource(location),
};

const HTTP: Backend = {
  // A further request costs a round trip, in which a good connection carries some 100 KiB.
  limits: { gapBytes: 128 * KIB, maxBytes: 8 * MIB, parallel: 4 },
  open: async (location, { timeoutMs = 30_000, maxWholeBytes = 256 * MIB, headers = {}, signal }) =>
    (await import('./http.ts')).openHttpSource(location, { timeoutMs, maxWholeBytes, headers, signal }),
};

const SYNTHETIC: Backend = {
  limits: { gapBytes: 64 * KIB, maxBytes: 8 * MIB, parallel: 1 },
  open: async (location) => (await import('./synthetic.ts')).openSyntheticSource(location),
};

/** URL scheme to backend; each loads its own code only when it is asked for. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  file: FILE,
  http: HTTP,
  https: HTTP,
  synthetic: SYNTHETIC,
};

/**
 * Opens a path or URL for reading by ranges, with retries and joined reads.
 * @throws StorageError where it cannot be opened; ConfigError for a scheme that nobody serves.
 */
export async function openSource(location: string, options: OpenOptions = {}): Promise<CountedSource> {
  const backend = findBackend(location);
  const policy = options.retry ?? DEFAULT_RETRY;
  let retries = 0;
  const onRetry = () => {
    retries++;
  };
  const source = await retry(() => backend.open(location, options), { policy, signal: options.signal, onRetry });
  source.counters.retries += retries;
  return withCoalescing(withRetry(source, policy), options.limits ?? backend.limits);
}

/** The scheme of a location that is a URL; undefined for a path. */
export function urlScheme(location: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
}

function findBackend(location: string): Backend {
  const scheme = urlScheme(location) ?? 'file';
  const backend = Object.hasOwn(BACKENDS, scheme) ? BACKENDS[scheme] : undefined;
  if (backend !== undefined) return backend;
  const known = Object.keys(BACKENDS).map((name) => `${name}://`);
  throw new ConfigError(`nothing reads ${scheme}:// addresses`, { hint: `Known are ${known.join(', ')} and paths of local files.` });
}
