/** What each service is told by its environment. Names are the contract with whoever deploys them. */
import * as v from 'valibot';
import { text, writtenNumber, writtenPositive, writtenWhole } from '../schema.ts';
import { baseAddress, logLevel, port, secretSetting, setting } from './settings.ts';
import { storageSettings } from './storage-settings.ts';

const brokerUrl = v.pipe(v.string(), v.regex(/^amqps?:\/\//, 'it must be an amqp:// or amqps:// address'));
const pool = v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, 'small letters, digits and dashes'));

const LOG = {
  LOG_LEVEL: setting(v.optional(logLevel, 'info'), 'debug, info, warn or error'),
};

const AMQP = {
  AMQP_URL: secretSetting(brokerUrl, 'the broker: amqp://host:5672, or amqps:// with TLS'),
  AMQP_USERNAME: secretSetting(v.optional(text), 'user, where the address names none'),
  AMQP_PASSWORD: secretSetting(v.optional(text), 'password, where the address holds none'),
  AMQP_CA_FILE: setting(v.optional(text), 'PEM file of the CA that signed the certificate of the broker'),
  AMQP_CERT_FILE: setting(v.optional(text), 'PEM file of the certificate that is shown to the broker (mTLS)'),
  AMQP_KEY_FILE: setting(v.optional(text), 'PEM file of its key'),
  QUEUE_PREFIX: setting(v.optional(text, 'higgsflow'), 'first part of all names in the broker'),
  POOL: setting(v.optional(pool, 'default'), 'tasks of one pool are seen by its workers only'),
};

const http = (defaultPort: number) => ({
  HTTP_HOST: setting(v.optional(text, '0.0.0.0'), 'address to listen on'),
  HTTP_PORT: setting(v.optional(port, defaultPort), 'port to listen on; 0 takes any free one'),
});

const COLLECTOR_URL = setting(v.optional(baseAddress, 'http://collector:8081'), 'the HTTP API of the collector');

export const producerSettings = v.object({
  ...LOG,
  ...AMQP,
  COLLECTOR_URL,
  ANALYSIS_DIR: setting(v.optional(text, '/analyses'), 'the same files as the workers have'),
  RUN_SPEC_FILE: setting(v.optional(text, '/run/higgsflow/spec.json'), 'JSON file that says what to run: a run request or a whole spec'),
  ...storageSettings.entries,
});

export const workerSettings = v.object({
  ...LOG,
  ...AMQP,
  ...http(9100),
  THREADS: setting(v.optional(writtenWhole), 'compute threads; without it as many as the CPU limit of the container allows'),
  BATCH_MB: setting(v.optional(writtenWhole, 8), 'decompressed MB that a thread works on at a time'),
  MEMORY_MB: setting(
    v.optional(writtenWhole, 1024),
    'memory of a thread at most: so much for objects and arrays, as much for bytes that are decoded',
  ),
  TASK_TIMEOUT_SECONDS: setting(
    v.optional(writtenPositive, 3600),
    'a task that takes longer has failed, and its thread is ended: analyses may have endless loops',
  ),
  VERIFY: setting(
    v.optional(v.picklist(['full', 'data']), 'full'),
    '`full`: all checksums of what is used; `data`: decode no more than is needed',
  ),
  GRACE_SECONDS: setting(
    v.optional(v.pipe(writtenNumber, v.minValue(0)), 25),
    'time for tasks at hand after SIGTERM; then they are given back',
  ),
  WORKER_NAME: setting(v.optional(text), 'name in logs and reports; without it host and process id'),
  ANALYSIS_DIR: setting(v.optional(text, '/analyses'), 'folder of analyses that are not built in; a run may name files in it, no others'),
  ...storageSettings.entries,
});

export const collectorSettings = v.object({
  ...LOG,
  ...AMQP,
  ...http(8081),
  LEDGER_FILE: setting(v.optional(text, '/var/lib/higgsflow/ledger.sqlite'), 'the ledger; on a local disk, never on a network file system'),
  BACKOFF_LIMIT: setting(v.optional(writtenWhole, 5), 'attempts of a task'),
  SILENCE_SECONDS: setting(v.optional(writtenPositive, 20), 'a worker that says nothing for this long counts as vanished'),
  ANALYSIS_DIR: setting(v.optional(text, '/analyses'), 'the same files as the workers have'),
});

/** Result files go to buckets as well. */
const uploadSettings = v.pick(storageSettings, [
  ...(['S3_ENDPOINT', 'S3_REGION', 'S3_PATH_STYLE', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'S3_SESSION_TOKEN'] as const),
  ...(['GCS_ENDPOINT', 'GCS_PROJECT_ID', 'GCS_KEY_FILE', 'GCS_KEY_JSON', 'GCS_ACCESS_KEY', 'GCS_SECRET_KEY'] as const),
  ...(['STORAGE_TIMEOUT_SECONDS', 'UPLOAD_MAX_KB', 'CREDENTIALS_DIR'] as const),
]);

export const webSettings = v.object({
  ...LOG,
  ...http(8080),
  COLLECTOR_URL,
  SCALER_URL: setting(v.optional(baseAddress), 'the scaler, on a cluster: the page shows how workers come and go'),
  OUT_DIR: setting(v.optional(text, '/out'), 'folder for plot.png and the result files of each run'),
  MAX_VIEWERS: setting(v.optional(writtenWhole, 100), 'live viewers at most'),
  ...uploadSettings.entries,
});

export type CollectorSettings = v.InferOutput<typeof collectorSettings>;

/** What all settings with a broker have. */
export type BrokerSettings = v.InferOutput<v.ObjectSchema<typeof AMQP, undefined>>;

/** How the broker is reached, as shared/queue wants to be told. */
export function brokerAddress(settings: BrokerSettings) {
  return {
    url: settings.AMQP_URL,
    user: settings.AMQP_USERNAME,
    password: settings.AMQP_PASSWORD,
    tls: { caFile: settings.AMQP_CA_FILE, certFile: settings.AMQP_CERT_FILE, keyFile: settings.AMQP_KEY_FILE },
    prefix: settings.QUEUE_PREFIX,
    pool: settings.POOL,
  };
}

/** What the command line is told: where the services are. */
export const clientSettings = v.object({
  HIGGSFLOW_COLLECTOR: setting(v.optional(baseAddress, 'http://localhost:8081'), 'the HTTP API of the collector'),
  ...AMQP,
  AMQP_URL: secretSetting(v.optional(brokerUrl), 'the broker; without it the collector publishes the tasks of `submit`'),
});
