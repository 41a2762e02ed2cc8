/** How the files of one run are read: what this process is told, what the run says over it, and the run's keys. */
import { processEnvironment, readEnvironment } from '../runtime/config.ts';
import { type Credentials, credentialsStamp, readCredentials } from '../runtime/credentials.ts';
import type { Environment } from '../runtime/settings.ts';
import { environmentSettings } from './environment.ts';
import { parseStorageSettings } from './parse-settings.ts';
import type { StorageSettings } from './settings.ts';

/** What a run says; `RunStorage` of shared/queue is one. */
export interface RunReading {
  /** Variables that go before those of the environment. */
  readonly storage?: Readonly<Record<string, string | undefined>> | undefined;
  /** Name of the run's credentials. */
  readonly secret?: string | undefined;
}

export interface RunSettings {
  readonly settings: StorageSettings;
  /** Other settings, other text: with it, open files of runs are told apart. */
  readonly key: string;
  /** Where a file is read, with what is secret in its address. */
  locationOf(url: string): string;
}

/** Runs that are remembered: workers meet a few at a time. */
const KEPT = 32;
const NOTHING: Credentials = { variables: {}, addresses: {} };

const known = new Map<string, RunSettings>();

/**
 * Settings for the files of a run, the same object for the same words; made anew when the credentials were replaced.
 * @throws StorageError, retryable, if the credentials are not there (yet); ConfigError if something is wrong
 */
export function runSettings({ storage = {}, secret }: RunReading, folder = readEnvironment().credentialsFolder): RunSettings {
  if (Object.keys(storage).length === 0 && secret === undefined) return OWN;
  const stamp = secret === undefined ? '' : credentialsStamp(folder, secret);
  const key = JSON.stringify([folder, storage, secret, stamp]);
  const found = known.get(key);
  if (found !== undefined) return found;
  const credentials = secret === undefined ? NOTHING : readCredentials(folder, secret);
  const settings = parseStorageSettings(runEnvironment(processEnvironment(), storage, credentials.variables));
  const made = { settings, key, locationOf: (url: string) => credentials.addresses[url] ?? url };
  known.set(key, made);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return made;
}

/** Of runs that say nothing. */
const OWN: RunSettings = {
  get settings() {
    return environmentSettings();
  },
  key: '',
  locationOf: (url) => url,
};

const S3_KEYS = ['S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_SESSION_TOKEN', 'S3_ANONYMOUS'];
const GCS_LOGIN = ['GCS_KEY_FILE', 'GCS_KEY_JSON'];
const GCS_KEYS = ['GCS_ACCESS_KEY', 'GCS_SECRET_KEY', 'GCS_ANONYMOUS', ...GCS_LOGIN];
const TOKENS = ['BEARER_TOKEN', 'BEARER_TOKEN_FILE'];

/** The environment as it is for a run; a cap can be lowered only. */
export function runEnvironment(env: Environment, storage: Environment, secrets: Environment): Environment {
  const changes = runChanges(storage, secrets);
  return { ...env, ...changes, ...lowest('DOWNLOAD_MAX_KB', env, storage), ...lowest('UPLOAD_MAX_KB', env, storage) };
}

/**
 * What is otherwise in the environment of a run; empty texts count as not set. Keys of the run take the place of all that the
 * environment says about that store's keys; a login of the environment goes to no server that a run names.
 */
export function runChanges(storage: Environment, secrets: Environment): Environment {
  const has = (beginning: string) => Object.keys(secrets).some((name) => name.startsWith(beginning));
  const replaced = [
    ...(has('S3_') || isTrue(storage['S3_ANONYMOUS']) ? S3_KEYS : []),
    ...(has('GCS_') || isTrue(storage['GCS_ANONYMOUS']) ? GCS_KEYS : []),
    ...(storage['GCS_ENDPOINT'] === undefined ? [] : GCS_LOGIN),
    ...(has('BEARER_') ? TOKENS : []),
  ].flatMap((name) => [name, `${name}_FILE`]);
  return { ...Object.fromEntries(replaced.map((name) => [name, ''])), ...storage, ...secrets };
}

function lowest(name: string, ...places: readonly Environment[]): Environment {
  const caps = places.map((place) => place[name]).filter((cap) => cap !== undefined && cap !== '');
  return caps.length < 2 ? {} : { [name]: caps.reduce((a, b) => (Number(a) < Number(b) ? a : b)) };
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1';
}
