/** What each service is told by its environment. Names are the contract with whoever deploys them. */
import { z } from 'zod';
import { SECRET } from './settings.ts';
import { storageSettings } from './storage-settings.ts';

const text = z.string().min(1);
const port = z.coerce.number().int().min(0).max(65_535);
const whole = z.coerce.number().int().positive();
const url = z
  .url({ protocol: /^https?$/, error: 'it must be an http:// or https:// address' })
  .transform((value) => value.replace(/\/+$/, ''));

const LOG = {
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('debug, info, warn or error'),
};

const AMQP = {
  AMQP_URL: z
    .string()
    .regex(/^amqps?:\/\//, 'it must be an amqp:// or amqps:// address')
    .meta({ ...SECRET, description: 'the broker: amqp://host:5672, or amqps:// with TLS' }),
  AMQP_USERNAME: text.optional().meta({ ...SECRET, description: 'user, where the address names none' }),
  AMQP_PASSWORD: text.optional().meta({ ...SECRET, description: 'password, where the address holds none' }),
  AMQP_CA_FILE: text.optional().describe('PEM file of the CA that signed the certificate of the broker'),
  AMQP_CERT_FILE: text.optional().describe('PEM file of the certificate that is shown to the broker (mTLS)'),
  AMQP_KEY_FILE: text.optional().describe('PEM file of its key'),
  QUEUE_PREFIX: text.default('higgsflow').describe('first part of all names in the broker'),
  POOL: z
    .string()
    .regex(/^[a-z0-9-]+$/, 'small letters, digits and dashes')
    .default('default')
    .describe('tasks of one pool are seen by its workers only'),
};

const http = (defaultPort: number) => ({
  HTTP_HOST: text.default('0.0.0.0').describe('address to listen on'),
  HTTP_PORT: port.default(defaultPort).describe('port to listen on; 0 takes any free one'),
});

const COLLECTOR_URL = url.default('http://collector:8081').describe('the HTTP API of the collector');

export const producerSettings = z.object({
  ...LOG,
  ...AMQP,
  COLLECTOR_URL,
  ANALYSIS_DIR: text.default('/analyses').describe('the same files as the workers have'),
  RUN_SPEC_FILE: text.default('/run/higgsflow/spec.json').describe('JSON file that says what to run: a run request or a whole spec'),
  ...storageSettings.shape,
});

export const workerSettings = z.object({
  ...LOG,
  ...AMQP,
  ...http(9100),
  THREADS: whole.optional().describe('compute threads; without it as many as the CPU limit of the container allows'),
  BATCH_MB: whole.default(8).describe('decompressed MB that a thread works on at a time'),
  MEMORY_MB: whole.default(1024).describe('memory of a thread at most: so much for objects and arrays, as much for bytes that are decoded'),
  VERIFY: z.enum(['full', 'data']).default('full').describe('`full`: all checksums of what is used; `data`: decode no more than is needed'),
  GRACE_SECONDS: z.coerce.number().min(0).default(25).describe('time for tasks at hand after SIGTERM; then they are given back'),
  WORKER_NAME: text.optional().describe('name in logs and reports; without it host and process id'),
  ANALYSIS_DIR: text.default('/analyses').describe('folder of analyses that are not built in; a run may name files in it, no others'),
  ...storageSettings.shape,
});

export const collectorSettings = z.object({
  ...LOG,
  ...AMQP,
  ...http(8081),
  LEDGER_FILE: text.default('/var/lib/higgsflow/ledger.sqlite').describe('the ledger; on a local disk, never on a network file system'),
  BACKOFF_LIMIT: whole.default(5).describe('attempts of a task'),
  SILENCE_SECONDS: z.coerce.number().positive().default(20).describe('a worker that says nothing for this long counts as vanished'),
  ANALYSIS_DIR: text.default('/analyses').describe('the same files as the workers have'),
});

/** Result files go to buckets as well. */
const uploadSettings = storageSettings.pick({
  ...{ S3_ENDPOINT: true, S3_REGION: true, S3_PATH_STYLE: true, S3_ACCESS_KEY: true, S3_SECRET_KEY: true, S3_SESSION_TOKEN: true },
  ...{ GCS_ENDPOINT: true, GCS_PROJECT_ID: true, GCS_KEY_FILE: true, GCS_KEY_JSON: true, GCS_ACCESS_KEY: true, GCS_SECRET_KEY: true },
  ...{ STORAGE_TIMEOUT_SECONDS: true, UPLOAD_MAX_KB: true, CREDENTIALS_DIR: true },
});

export const webSettings = z.object({
  ...LOG,
  ...http(8080),
  COLLECTOR_URL,
  SCALER_URL: url.optional().describe('the scaler, on a cluster: the page shows how workers come and go'),
  OUT_DIR: text.default('/out').describe('folder for plot.png and the result files of each run'),
  MAX_VIEWERS: whole.default(100).describe('live viewers at most'),
  ...uploadSettings.shape,
});

export type CollectorSettings = z.infer<typeof collectorSettings>;

/** What all settings with a broker have. */
export type BrokerSettings = z.infer<z.ZodObject<typeof AMQP>>;

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
export const clientSettings = z.object({
  HIGGSFLOW_COLLECTOR: url.default('http://localhost:8081').describe('the HTTP API of the collector'),
  ...AMQP,
  AMQP_URL: AMQP.AMQP_URL.optional().meta({
    ...SECRET,
    description: 'the broker; without it the collector publishes the tasks of `submit`',
  }),
});
