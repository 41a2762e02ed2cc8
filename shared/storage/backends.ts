import { ConfigError } from '../errors.ts';
import type { ReadLimits } from './coalesce.ts';
import { urlScheme } from './schemes.ts';
import type { StorageSettings } from './settings.ts';
import type { CountedSource } from './source.ts';

/** What a backend is told; each takes what it knows. */
export interface BackendOptions {
  readonly timeoutMs: number;
  readonly maxWholeBytes: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly headBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Reads need not ask whether the file has changed. */
  readonly verifies: boolean;
  readonly settings: StorageSettings;
}

export interface Backend {
  limits(settings: StorageSettings): ReadLimits;
  open(location: string, options: BackendOptions): Promise<CountedSource>;
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** A gap costs reading it; a further read about as much as 64 KiB. One at a time: threads share the disk already. */
export const DISK_LIMITS: ReadLimits = { gapBytes: 64 * KIB, maxBytes: 8 * MIB, parallel: 1 };
/** What a reader asks for at once of a server: held in memory twice. */
const WINDOW_BYTES = 16 * MIB;
// A further request costs a round trip, in which a good connection carries some 100 KiB.
const WEB: ReadLimits = { gapBytes: 128 * KIB, maxBytes: 8 * MIB, parallel: 4, windowBytes: WINDOW_BYTES };
// A further range costs some 150 bytes in each direction.
const WEB_VECTOR: ReadLimits = {
  gapBytes: 256,
  maxBytes: 8 * MIB,
  parallel: 2,
  vector: { ranges: 64, bytes: 16 * MIB },
  windowBytes: WINDOW_BYTES,
};
// A further range costs 16 bytes in each direction; servers take 1024 of at most 2 MiB.
const XROOTD: ReadLimits = {
  gapBytes: 256,
  maxBytes: 2_097_136,
  parallel: 2,
  vector: { ranges: 1024, bytes: 16 * MIB },
  windowBytes: WINDOW_BYTES,
};

/** With as many requests at the same time as the settings say. */
function limitsOf(limits: ReadLimits, { parallel = limits.parallel }: StorageSettings): ReadLimits {
  return { ...limits, parallel };
}

const HTTP: Backend = {
  limits: (settings) => limitsOf(settings.multiRange ? WEB_VECTOR : WEB, settings),
  open: async (location, { settings, ...options }) => {
    const { openHttpSource } = await import('./http.ts');
    const { httpTokens } = await import('./http-token.ts');
    const { authoritiesOf } = await import('./authorities.ts');
    const { token, multiRange } = settings;
    return openHttpSource(location, {
      ...options,
      tokens: httpTokens(location, token),
      multiRange,
      authorities: await authoritiesOf(settings),
    });
  },
};

const DAV: Backend = {
  limits: HTTP.limits,
  open: async (location, { settings, ...options }) => {
    const { openDavSource } = await import('./dav-source.ts');
    const { authoritiesOf } = await import('./authorities.ts');
    const { token, multiRange } = settings;
    return openDavSource(location, { ...options, token, multiRange, authorities: await authoritiesOf(settings) });
  },
};

const S3: Backend = {
  limits: (settings) => limitsOf(WEB, settings),
  open: async (location, { settings, timeoutMs, headBytes, signal }) =>
    (await import('./s3.ts')).openS3Source(location, { settings: settings.s3, timeoutMs, headBytes, signal }),
};

const GCS: Backend = {
  limits: (settings) => limitsOf(WEB, settings),
  open: async (location, options) => {
    const { gcsAsS3, openGcsSource } = await import('./gcs.ts');
    const asS3 = gcsAsS3(options.settings.gcs);
    if (asS3 !== undefined) return S3.open(location, { ...options, settings: { ...options.settings, s3: asS3 } });
    const { settings, timeoutMs, headBytes, signal } = options;
    return openGcsSource(location, { settings: settings.gcs, timeoutMs, headBytes, signal });
  },
};

const XROOTD_BACKEND: Backend = {
  limits: (settings) => limitsOf(XROOTD, settings),
  open: async (location, { settings, timeoutMs, signal, verifies }) => {
    const { openXrootdSource } = await import('./xrootd.ts');
    const { xrootdOptions } = await import('./xrootd/options.ts');
    return openXrootdSource(location, { ...(await xrootdOptions(settings)), timeoutMs, signal, verifies });
  },
};

/** URL scheme to backend; each loads its own code only when it is asked for. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  file: { limits: () => DISK_LIMITS, open: async (location) => (await import('./file.ts')).openFileSource(location) },
  http: HTTP,
  https: HTTP,
  dav: DAV,
  davs: DAV,
  s3: S3,
  gs: GCS,
  root: XROOTD_BACKEND,
  roots: XROOTD_BACKEND,
  synthetic: { limits: () => DISK_LIMITS, open: async (location) => (await import('./synthetic.ts')).openSyntheticSource(location) },
};

/** The backend of a location's scheme. @throws ConfigError for one that nobody serves */
export function findBackend(location: string): Backend {
  const scheme = urlScheme(location) ?? 'file';
  const backend = Object.hasOwn(BACKENDS, scheme) ? BACKENDS[scheme] : undefined;
  if (backend !== undefined) return backend;
  const known = Object.keys(BACKENDS).map((name) => `${name}://`);
  throw new ConfigError(`nothing reads ${scheme}:// addresses`, { hint: `Known are ${known.join(', ')} and paths of local files.` });
}
