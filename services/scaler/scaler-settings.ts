import * as v from 'valibot';
import { baseAddress, flag, logLevel, port, setting } from '#shared/runtime/settings.ts';
import { text, writtenPositive, writtenWhole } from '#shared/schema.ts';

/** What the scaler is told by its environment. */
export const scalerSettings = v.object({
  LOG_LEVEL: setting(v.optional(logLevel, 'info'), 'debug, info, warn or error'),
  HTTP_HOST: setting(v.optional(text, '0.0.0.0'), 'address to listen on'),
  HTTP_PORT: setting(v.optional(port, 8082), 'port to listen on; 0 takes any free one'),
  COLLECTOR_URL: setting(v.optional(baseAddress, 'http://collector:8081'), 'the HTTP API of the collector'),
  RABBITMQ_METRICS_URL: setting(v.optional(baseAddress, 'http://rabbitmq:15692'), "the broker's Prometheus plugin"),
  QUEUE_PREFIX: setting(v.optional(text, 'higgsflow'), 'first part of all names in the broker'),
  POOL: setting(v.optional(text, 'default'), 'the pool of the workers'),
  NAMESPACE: setting(text, 'namespace of the workers'),
  HPA_NAME: setting(v.optional(text, 'worker'), 'name of their HorizontalPodAutoscaler'),
  LIMIT: setting(v.optional(flag, 'true'), 'lower its maxReplicas to what there is use for; false: only look'),
  THREADS: setting(v.optional(writtenWhole, 1), 'compute threads of a worker'),
  INTERVAL_SECONDS: setting(v.optional(writtenPositive, 5), 'time between two looks'),
});
