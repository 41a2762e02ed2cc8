import { join } from 'node:path';
import { ConfigError } from '../errors.ts';
import { type Environment, parseSettings } from '../runtime/settings.ts';
import { type StorageVariables, storageSettings } from '../runtime/storage-settings.ts';
import type { AccessKeys, StorageSettings } from './settings.ts';

const MB = 1_000_000;

/** Settings from environment variables. @throws ConfigError naming each variable that is wrong */
export function parseStorageSettings(env: Environment): StorageSettings {
  const set = parseSettings(storageSettings, env);
  return {
    s3: {
      endpoint: set.S3_ENDPOINT,
      region: set.S3_REGION ?? env['AWS_REGION'] ?? 'us-east-1',
      pathStyle: set.S3_PATH_STYLE ?? set.S3_ENDPOINT !== undefined,
      anonymous: set.S3_ANONYMOUS,
      keys: keyPair('S3', set.S3_ACCESS_KEY, set.S3_SECRET_KEY, set.S3_SESSION_TOKEN),
    },
    gcs: {
      endpoint: set.GCS_ENDPOINT,
      projectId: set.GCS_PROJECT_ID,
      anonymous: set.GCS_ANONYMOUS,
      keyFile: set.GCS_KEY_FILE,
      keyJson: set.GCS_KEY_JSON,
      keys: keyPair('GCS', set.GCS_ACCESS_KEY, set.GCS_SECRET_KEY, undefined),
    },
    token: tokenSettings(set),
    xrootd: { user: set.XRD_USER },
    authoritiesFolder: set.X509_CERT_DIR,
    timeoutMs: set.STORAGE_TIMEOUT_SECONDS * 1000,
    multiRange: set.STORAGE_MULTI_RANGE,
    parallel: set.STORAGE_PARALLEL,
    downloadBytesPerSecond: set.DOWNLOAD_MAX_KB === undefined ? undefined : set.DOWNLOAD_MAX_KB * 1000,
    uploadBytesPerSecond: set.UPLOAD_MAX_KB === undefined ? undefined : set.UPLOAD_MAX_KB * 1000,
    cachePrefix: set.CACHE_PREFIX,
    // Folders of their own in those that are named: whatever lies in them may be removed.
    diskCache:
      set.CACHE_DIR === undefined ? undefined : { folder: join(set.CACHE_DIR, 'higgsflow-cache'), maxBytes: set.CACHE_MAX_MB * MB },
    stageIn:
      set.STAGE_IN_DIR === undefined
        ? undefined
        : { folder: join(set.STAGE_IN_DIR, 'higgsflow-stage-in'), maxBytes: set.STAGE_IN_MAX_MB * MB },
  };
}

function keyPair(
  prefix: string,
  accessKey: string | undefined,
  secretKey: string | undefined,
  sessionToken: string | undefined,
): AccessKeys | undefined {
  if (accessKey === undefined && secretKey === undefined) return undefined;
  if (accessKey !== undefined && secretKey !== undefined) return { accessKey, secretKey, sessionToken };
  const missing = `${prefix}_${accessKey === undefined ? 'ACCESS_KEY' : 'SECRET_KEY'}`;
  throw new ConfigError(`${missing} is not set`, { object: 'environment', hint: 'One key is of no use without the other.' });
}

function tokenSettings(set: StorageVariables): StorageSettings['token'] {
  return {
    value: set.BEARER_TOKEN,
    file: set.BEARER_TOKEN_FILE,
    runtimeFolder: set.XDG_RUNTIME_DIR,
    hosts: set.BEARER_TOKEN_HOSTS?.split(',').map((host) => host.trim().toLowerCase()) ?? [],
  };
}
