/** JSON lines on stdout. Events are fixed strings; what varies is in fields. */
import { type Logger, pino } from 'pino';

/** Fields first, then the name of the event. */
export interface Log {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
  /** A log whose lines all have these fields, for example run and task. */
  child(fields: object): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Deeper than this, nothing is logged. */
const MAX_DEPTH = 4;

/** Lines that tell of no trouble are written together: a system call for each is dear where tasks are short. */
const GATHER_MS = 50;
const GATHER_BYTES = 16_000;

/** A log of this service. `write` takes the lines in place of stdout. */
export function createLog(service: string, level: LogLevel, write?: (line: string) => void): Log {
  const options = {
    level,
    base: { service, pid: process.pid },
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
    },
  };
  if (write !== undefined) return wrap(pino(options, { write }), () => {});
  const lines = pino.destination({ fd: process.stdout.fd, sync: true, minLength: GATHER_BYTES });
  process.on('exit', () => lines.flushSync());
  let waiting: NodeJS.Timeout | undefined;
  const flush = () => {
    waiting = undefined;
    lines.flushSync();
  };
  return wrap(pino(options, lines), (atOnce) => {
    if (atOnce) flush();
    else if (waiting === undefined) waiting = setTimeout(flush, GATHER_MS).unref();
  });
}

/** pino leaves the fields of a child as they are: all fields pass here. `written` is called after each line. */
function wrap(log: Logger, written: (atOnce: boolean) => void): Log {
  const at = (level: LogLevel, atOnce: boolean) => (fields: object, event: string) => {
    if (!log.isLevelEnabled(level)) return;
    log[level](plain(fields, 0), event);
    written(atOnce);
  };
  return {
    debug: at('debug', false),
    info: at('info', false),
    warn: at('warn', true),
    error: at('error', true),
    child: (fields) => wrap(log.child(plain(fields, 0) as object), written),
  };
}

/** Text without the user and password that addresses may hold. */
export function withoutCredentials(text: string): string {
  return !text.includes('@') ? text : text.replaceAll(/([a-z][a-z0-9+.-]*:\/\/)[^\s/?#@"']*@/gi, '$1');
}

/** The value as JSON can hold it: errors told in fields, addresses without credentials. */
function plain(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return withoutCredentials(value);
  if (value instanceof Error) {
    const { name, message, stack, cause } = value;
    const code = 'code' in value ? { code: value.code } : {};
    // Where our own errors come from is in their text; a stack matters for all others.
    const more = 'retryable' in value ? {} : { stack: withoutCredentials(stack ?? '') };
    const inner = cause === undefined || depth >= MAX_DEPTH ? {} : { cause: plain(cause, depth + 1) };
    return { type: name, message: withoutCredentials(message), ...code, ...more, ...inner };
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '...';
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
}
