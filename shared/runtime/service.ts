/** What all services do alike: settings, log, the wish to stop, exit codes. */
import type { InferOutput } from 'valibot';
import { isPipelineError } from '../errors.ts';
import { createLog, type Log, type LogLevel } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { type Environment, parseSettings, type SettingsSchema, settingsHelp } from './settings.ts';
import { listenForShutdown } from './shutdown.ts';

/** What a service starts with. */
export interface ServiceParts<S> {
  readonly settings: S;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Aborts at SIGTERM or SIGINT: stop cleanly. */
  readonly signal: AbortSignal;
  readonly args: readonly string[];
}

export interface Service<T extends SettingsSchema> {
  readonly name: string;
  readonly purpose: string;
  readonly settings: T;
  /** Options on the command line besides --help. */
  readonly flags?: readonly string[];
  /** Runs until the signal aborts, or its work is done. */
  run(parts: ServiceParts<InferOutput<T>>): Promise<void>;
}

const FAILED = 1;
const USAGE = 2;
const TRY_AGAIN = 75;
const WRONG_CONFIG = 78;

/** Runs a service to its end; returns the exit code: 0, 1 failed, 2 usage, 75 try again, 78 wrong settings. */
export async function runService<T extends SettingsSchema>(
  service: Service<T>,
  args: readonly string[],
  env: Environment,
): Promise<number> {
  const { name, purpose, settings: schema, flags = [] } = service;
  if (args.includes('--help')) {
    process.stdout.write(settingsHelp(name, purpose, schema));
    return 0;
  }
  const unknown = args.find((arg) => !flags.includes(arg));
  if (unknown !== undefined) {
    process.stderr.write(`${name}: unknown option ${unknown}; see --help\n`);
    return USAGE;
  }
  let settings: InferOutput<T>;
  try {
    settings = parseSettings(schema, env);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : error}\n`);
    return WRONG_CONFIG;
  }
  const { LOG_LEVEL = 'info' } = settings as { readonly LOG_LEVEL?: LogLevel };
  const log = createLog(name, LOG_LEVEL);
  // A second SIGTERM does not cut the draining short; SIGKILL does.
  const shutdown = listenForShutdown(process, Number.POSITIVE_INFINITY);
  try {
    log.info({ version: process.version }, 'service.starting');
    await service.run({ settings, log, metrics: createMetrics(name), signal: shutdown.signal, args });
    log.info({}, 'service.stopped');
    return 0;
  } catch (error) {
    if (shutdown.signal.aborted && error === shutdown.signal.reason) return 0;
    log.error({ error }, 'service.failed');
    return exitCodeOf(error);
  } finally {
    shutdown.close();
  }
}

/** Exit code for what ended a program. */
export function exitCodeOf(error: unknown): number {
  if (isPipelineError(error, 'ConfigError')) return WRONG_CONFIG;
  return isPipelineError(error, 'StorageError') && error.retryable ? TRY_AGAIN : FAILED;
}
