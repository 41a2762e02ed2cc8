/** What a process must know to reach the broker. */

/** Files in PEM form. They are read at each connection, so that renewed certificates are taken without a restart. */
export interface TlsFiles {
  /** Who may have signed the broker's certificate; the system's list where absent. */
  readonly caFile?: string | undefined;
  /** This client's certificate (mTLS); `keyFile` goes with it. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** A log as pino's: fields first, then the fixed name of the event. */
export interface QueueLog {
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
}

/** What is worth a metric; each is also logged where it is not a matter of routine. */
export type QueueEvent =
  | 'published'
  /** Published again: its confirm was lost, or the queue did not take it. */
  | 'republished'
  | 'delivered'
  | 'redelivered'
  /** Given back by a handler. */
  | 'requeued'
  /** Sent to the dead letters because it does not follow its schema. */
  | 'invalid'
  /** Sent to the dead letters because its handler failed for good. */
  | 'rejected'
  /** The first connection, and each one after an outage. */
  | 'connected';

export interface AmqpOptions {
  /** `amqp://` or `amqps://`, with user, password, port and vhost as far as they are not given apart. Never logged as it is. */
  readonly url: string;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly vhost?: string | undefined;
  readonly tls?: TlsFiles | undefined;
  /** A cluster's worth of workers: tasks of one pool are seen by no other. Small letters, digits and dashes. */
  readonly pool: string;
  /** First part of all names in the broker: installations that share a vhost differ in it. */
  readonly prefix: string;
  /** How long `openAmqpQueue` waits for a broker that is not there yet; Infinity is allowed. Later outages are waited for without end. */
  readonly patienceMs: number;
  /** Aborts the waiting in `openAmqpQueue`. */
  readonly signal?: AbortSignal | undefined;
  readonly log: QueueLog;
  readonly onEvent?: ((event: QueueEvent) => void) | undefined;
  /** A connection that is silent for about twice this long is given up. */
  readonly heartbeatSeconds?: number | undefined;
  /** How often the runs that this process knows as open are announced to the workers. */
  readonly announceMs?: number | undefined;
}

/** Names of everything that this project makes in a broker. */
export interface QueueNames {
  readonly reports: string;
  /** Exchange and queue. */
  readonly dead: string;
  /** Exchange on which open runs of a pool are announced. */
  readonly runs: (pool?: string) => string;
  readonly tasks: (run: string, pool?: string) => string;
}

/** Names for one installation; all begin with the prefix, for permissions and autoscalers. The pool is that of who says none. */
export function queueNames(prefix: string, pool: string): QueueNames {
  return {
    reports: `${prefix}.reports`,
    dead: `${prefix}.dead`,
    runs: (of = pool) => `${prefix}.runs.${of}`,
    tasks: (run, of = pool) => `${prefix}.tasks.${of}.${run}`,
  };
}
