import { z } from 'zod';

const text = z.string().min(1);
const url = z
  .url({ protocol: /^https?$/, error: 'it must be an http:// or https:// address' })
  .transform((value) => value.replace(/\/+$/, ''));

/** What the scaler is told by its environment. */
export const scalerSettings = z.object({
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('debug, info, warn or error'),
  HTTP_HOST: text.default('0.0.0.0').describe('address to listen on'),
  HTTP_PORT: z.coerce.number().int().min(0).max(65_535).default(8082).describe('port to listen on; 0 takes any free one'),
  COLLECTOR_URL: url.default('http://collector:8081').describe('the HTTP API of the collector'),
  RABBITMQ_METRICS_URL: url.default('http://rabbitmq:15692').describe("the broker's Prometheus plugin"),
  QUEUE_PREFIX: text.default('higgsflow').describe('first part of all names in the broker'),
  POOL: text.default('default').describe('the pool of the workers'),
  NAMESPACE: text.describe('namespace of the workers'),
  HPA_NAME: text.default('worker').describe('name of their HorizontalPodAutoscaler'),
  LIMIT: z.stringbool().default(true).describe('lower its maxReplicas to what there is use for; false: only look'),
  THREADS: z.coerce.number().int().positive().default(1).describe('compute threads of a worker'),
  INTERVAL_SECONDS: z.coerce.number().positive().default(5).describe('time between two looks'),
});
