/** What flags and environment say about object stores and keys: the part of a run request, and what is kept apart from it. */
import * as v from 'valibot';
import { ConfigError, isPipelineError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import { processEnvironment } from '#shared/runtime/config.ts';
import type { Credentials } from '#shared/runtime/credentials.ts';
import { keySettings } from '#shared/runtime/key-settings.ts';
import { type Environment, parseSettings } from '#shared/runtime/settings.ts';
import { RUN_SECRETS, RUN_STORAGE } from '#shared/runtime/storage-settings.ts';
import { takeSecrets } from '#shared/storage/secret-address.ts';
import type { StorageFlags } from './commands/storage-options.ts';

export interface StorageWords extends StorageFlags {
  readonly downloadMaxKb?: number;
  readonly cachePrefix?: string;
}

export interface GatheredStorage {
  /** Without anything secret. */
  readonly request: Pick<RunRequest, 'storage' | 'storageType' | 'bucket' | 'outputBucket'> & { readonly data: string[] };
  readonly credentials: Credentials;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** Stores at their makers' own addresses need no endpoint. */
const OWN_HOSTS: Readonly<Record<string, RegExp>> = {
  s3: /^https:\/\/s3\.amazonaws\.com$/,
  gs: /^https:\/\/(storage|www)\.googleapis\.com$/,
};

/**
 * Flags, then HIGGSFLOW_ACCESS_KEY and so on; for other machines also the variables that `run` would use here, where the run is
 * about buckets or tokens at all.
 * @throws ConfigError for half a pair of keys, or one that cannot be read
 */
export function gatherStorage(flags: StorageWords, data: readonly string[], { forServices }: { forServices: boolean }): GatheredStorage {
  const env = processEnvironment();
  const type = flags.storageType ?? typeOf([...(flags.outputBucket === undefined ? [] : [flags.outputBucket]), ...data]);
  const { locations, addresses } = takeSecrets(data);
  const taken = forServices ? fromEnvironment(env, namesOf(flags, data, type)) : { storage: {}, secrets: {} };
  const keys = keysOf(flags, type, env);
  const storage = { ...taken.storage, ...storageOf(flags, type) };
  const secrets = { ...(Object.keys(keys).length > 0 ? {} : taken.secrets), ...keys };
  const { bucket, outputBucket, storageType } = flags;
  const request = { storage: Object.keys(storage).length === 0 ? undefined : storage, storageType, bucket, outputBucket };
  return {
    request: { ...withoutUndefined(request), data: locations },
    credentials: { variables: secrets, addresses },
    notes: notesOf(flags, Object.keys(keys).length > 0 ? [] : Object.keys(taken.secrets)),
  };
}

/** The kind of store that all addresses of buckets name; S3 where they name none or several. */
function typeOf(locations: readonly string[]): 's3' | 'gs' {
  const named = new Set(locations.map((location) => /^(s3|gs):\/\//.exec(location)?.[1]).filter((each) => each !== undefined));
  return named.size === 1 && named.has('gs') ? 'gs' : 's3';
}

function storageOf(flags: StorageWords, type: 's3' | 'gs'): Record<string, string> {
  const { storageHost, gcsProjectId, mcThreads, downloadMaxKb, uploadMaxKb, cachePrefix } = flags;
  const host = storageHost !== undefined && OWN_HOSTS[type]?.test(storageHost) ? undefined : storageHost;
  return withoutUndefined({
    [type === 's3' ? 'S3_ENDPOINT' : 'GCS_ENDPOINT']: host,
    GCS_PROJECT_ID: gcsProjectId,
    STORAGE_PARALLEL: mcThreads?.toString(),
    DOWNLOAD_MAX_KB: downloadMaxKb?.toString(),
    UPLOAD_MAX_KB: uploadMaxKb?.toString(),
    CACHE_PREFIX: cachePrefix,
  });
}

/** A pair from flags, or from the environment. */
function keysOf(flags: StorageFlags, type: 's3' | 'gs', env: Environment): Credentials['variables'] {
  const { accessKey, secretKey, accessKeyFile, secretKeyFile } = flags;
  const given = { accessKey, secretKey, accessKeyFile, secretKeyFile };
  const byFlag = Object.values(given).some((value) => value !== undefined);
  const words = byFlag
    ? {
        HIGGSFLOW_ACCESS_KEY: accessKey,
        HIGGSFLOW_ACCESS_KEY_FILE: accessKeyFile,
        HIGGSFLOW_SECRET_KEY: secretKey,
        HIGGSFLOW_SECRET_KEY_FILE: secretKeyFile,
      }
    : env;
  const set = byFlag ? parsedFlags(words) : parseSettings(keySettings, words);
  const { HIGGSFLOW_ACCESS_KEY: access, HIGGSFLOW_SECRET_KEY: secret, HIGGSFLOW_SESSION_TOKEN: session } = set;
  if (access === undefined && secret === undefined) return {};
  if (access === undefined || secret === undefined) {
    const missing = access === undefined ? 'access' : 'secret';
    const hint = `Give it too: --${missing}-key-file FILE, or HIGGSFLOW_${missing.toUpperCase()}_KEY.`;
    throw new ConfigError(`the ${missing} key is missing; one key is of no use without the other`, { hint });
  }
  if (type === 'gs') return { GCS_ACCESS_KEY: access, GCS_SECRET_KEY: secret };
  return withoutUndefined({ S3_ACCESS_KEY: access, S3_SECRET_KEY: secret, S3_SESSION_TOKEN: session });
}

/** The same parser, whose words about variables become words about flags. */
function parsedFlags(words: Environment) {
  try {
    return parseSettings(keySettings, words);
  } catch (error) {
    if (!isPipelineError(error)) throw error;
    const reason = error.reason.replaceAll(/HIGGSFLOW_(ACCESS|SECRET)_KEY(_FILE)?/g, (name) =>
      name.replace('HIGGSFLOW_', '--').replaceAll('_', '-').toLowerCase(),
    );
    throw new ConfigError(reason, { hint: 'Keys are single lines of text in files of their own.' });
  }
}

/** Beginnings of the variables that the run has to do with. */
function namesOf({ storageType, storageHost, bucket, outputBucket }: StorageFlags, data: readonly string[], type: 's3' | 'gs'): string[] {
  const aboutBuckets = [storageType, storageHost, bucket, outputBucket].some((flag) => flag !== undefined);
  const about = (scheme: RegExp) => data.some((location) => scheme.test(location));
  return [
    ...((aboutBuckets && type === 's3') || about(/^s3:/) ? ['S3_'] : []),
    ...((aboutBuckets && type === 'gs') || about(/^gs:/) ? ['GCS_'] : []),
    ...(about(/^(davs|roots):/) ? ['BEARER_TOKEN'] : []),
  ];
}

function fromEnvironment(env: Environment, beginnings: readonly string[]) {
  const isMeant = (name: string) => beginnings.some((beginning) => name.startsWith(beginning));
  const storage = Object.fromEntries(RUN_STORAGE.filter(isMeant).map((name) => [name, env[name] || undefined]));
  const meant = Object.fromEntries(Object.entries({ GCS_KEY_JSON_FILE: env['GCS_KEY_FILE'], ...env }).filter(([name]) => isMeant(name)));
  const secrets = parseSettings(v.pick(keySettings, RUN_SECRETS), meant);
  return { storage: withoutUndefined(storage), secrets: withoutUndefined(secrets) };
}

function notesOf({ accessKey, secretKey }: StorageFlags, taken: readonly string[]): string[] {
  const seen =
    accessKey === undefined && secretKey === undefined
      ? []
      : ['Warning: others on this machine can see keys on a command line. Better: --access-key-file and --secret-key-file.'];
  return [...seen, ...(taken.length === 0 ? [] : [`The run gets the keys of this environment: ${taken.join(', ')}.`])];
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
