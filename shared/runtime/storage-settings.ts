/** What the environment says about reading files from elsewhere. Part of the settings of every program that reads some. */
import * as v from 'valibot';
import { text, writtenPositive, writtenWhole } from '../schema.ts';
import { flag, secretSetting, setting, webAddress } from './settings.ts';

export const storageSettings = v.object({
  S3_ENDPOINT: setting(v.optional(webAddress), 'server of s3:// addresses, where it is not Amazon'),
  S3_REGION: setting(v.optional(text), 'its region; without it AWS_REGION, else us-east-1'),
  S3_PATH_STYLE: setting(v.optional(flag), 'bucket in the path in place of the host name; without it, where S3_ENDPOINT is set'),
  S3_ANONYMOUS: setting(v.optional(flag, 'false'), 'public buckets: send no keys'),
  S3_ACCESS_KEY: secretSetting(v.optional(text), 'access key; without it the usual AWS variables, profiles and roles'),
  S3_SECRET_KEY: secretSetting(v.optional(text), 'its secret key'),
  S3_SESSION_TOKEN: secretSetting(v.optional(text), 'session token of temporary keys'),
  GCS_ENDPOINT: setting(v.optional(webAddress), 'server of gs:// addresses, where it is not Google: an emulator'),
  GCS_PROJECT_ID: setting(v.optional(text), 'project of the buckets'),
  GCS_ANONYMOUS: setting(v.optional(flag, 'false'), 'public buckets: log in as nobody'),
  GCS_KEY_FILE: setting(v.optional(text), 'JSON key of a service account; without it GOOGLE_APPLICATION_CREDENTIALS and the usual places'),
  GCS_ACCESS_KEY: secretSetting(v.optional(text), 'HMAC access key: gs:// is read by the S3-compatible interface then'),
  GCS_SECRET_KEY: secretSetting(v.optional(text), 'its secret'),
  GCS_KEY_JSON: setting(v.optional(text), 'what GCS_KEY_FILE would hold, in its place'),
  BEARER_TOKEN: setting(v.optional(text), 'token for davs:// and roots://'),
  BEARER_TOKEN_FILE: setting(v.optional(text), 'file that holds it, read again when the server finds it expired'),
  BEARER_TOKEN_HOSTS: setting(v.optional(text), 'hosts, with commas, whose https:// addresses are to get the token too'),
  XDG_RUNTIME_DIR: setting(v.optional(text), 'folder with bt_u<uid>, where a token is looked for next; then in /tmp'),
  X509_CERT_DIR: setting(v.optional(text), 'folder of certificates that roots://, davs:// and https:// trust besides the public ones'),
  XRD_USER: setting(v.optional(text), 'name for root:// servers; without it the one of this account'),
  STORAGE_TIMEOUT_SECONDS: setting(v.optional(writtenPositive, 30), 'longest silence of a server; less where it has been quick'),
  STORAGE_MULTI_RANGE: setting(v.optional(flag, 'true'), 'ask web servers for several ranges by one request'),
  STORAGE_PARALLEL: setting(
    v.optional(writtenWhole),
    'requests at the same time for one batch of one file; without it 2 or 4, as the protocol has it',
  ),
  DOWNLOAD_MAX_KB: setting(v.optional(writtenWhole), 'kB/s that all reads of a process take together at most'),
  UPLOAD_MAX_KB: setting(v.optional(writtenWhole), 'kB/s at which result files are uploaded at most'),
  CACHE_PREFIX: setting(v.optional(text), 'cache that remote addresses are read through: root://xcache:1094//, or https://proxy/'),
  CACHE_DIR: setting(v.optional(text), 'folder for blocks of remote files that have been read'),
  CACHE_MAX_MB: setting(v.optional(writtenWhole, 10_240), 'its size at most'),
  STAGE_IN_DIR: setting(v.optional(text), 'fast folder that remote files are copied to, whole, before they are read: /dev/shm'),
  STAGE_IN_MAX_MB: setting(v.optional(writtenWhole, 4096), 'what may lie there at most'),
  CREDENTIALS_DIR: setting(
    v.optional(text),
    "folder with the keys of runs, a file each; without it higgsflow/credentials in the user's configuration",
  ),
});

export type StorageVariables = v.InferOutput<typeof storageSettings>;

/**
 * What a run may set for its own files, over what the worker is told. Folders are not among them: what lies in a cache's
 * folder is removed when it is full, so only whoever runs the worker may name one.
 */
export const RUN_STORAGE = [
  ...['S3_ENDPOINT', 'S3_REGION', 'S3_PATH_STYLE', 'S3_ANONYMOUS', 'GCS_ENDPOINT', 'GCS_PROJECT_ID', 'GCS_ANONYMOUS'],
  ...[
    'STORAGE_TIMEOUT_SECONDS',
    'STORAGE_MULTI_RANGE',
    'STORAGE_PARALLEL',
    'DOWNLOAD_MAX_KB',
    'UPLOAD_MAX_KB',
    'CACHE_PREFIX',
    'STAGE_IN_DIR',
  ],
] as const satisfies readonly (keyof StorageVariables)[];

/** What the keys of a run may be: in a Secret or a file that only it and the workers read, never in a message. */
export const RUN_SECRETS = [
  ...['S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_SESSION_TOKEN', 'GCS_ACCESS_KEY', 'GCS_SECRET_KEY', 'GCS_KEY_JSON', 'BEARER_TOKEN'],
] as const satisfies readonly (keyof StorageVariables)[];
