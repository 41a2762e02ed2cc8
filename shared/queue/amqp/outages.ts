/** Tells of outages: once when one begins (or its cause changes), once when all connections are back. */
import { isPipelineError } from '../../errors.ts';
import type { QueueEvent, QueueLog } from './options.ts';

export class Outages {
  readonly #log: QueueLog;
  readonly #onEvent: (event: QueueEvent) => void;
  readonly #address: string;
  readonly #down = new Set<object>();
  readonly #blocked = new Set<object>();
  #since = 0;
  /** A refusal (credentials, certificate) during an outage is news. */
  #toldCode = '';

  constructor(address: string, log: QueueLog, onEvent: (event: QueueEvent) => void) {
    this.#address = address;
    this.#log = log;
    this.#onEvent = onEvent;
  }

  down(connection: object, error: unknown): void {
    if (this.#down.size === 0) {
      this.#since = performance.now();
      this.#toldCode = '';
    }
    this.#down.add(connection);
    this.#blocked.delete(connection);
    const code = isPipelineError(error, 'ConfigError') ? 'ConfigError' : 'StorageError';
    if (code === this.#toldCode) return;
    this.#toldCode = code;
    const reason = error instanceof Error ? error.message : String(error);
    this.#log.warn({ broker: this.#address, reason }, 'queue.disconnected');
  }

  up(connection: object): void {
    this.#onEvent('connected');
    if (!this.#down.delete(connection) || this.#down.size > 0) return;
    this.#log.info({ broker: this.#address, outageMs: Math.round(performance.now() - this.#since) }, 'queue.connected');
  }

  /** The broker takes no messages for now: memory or disk are short. */
  blocked(connection: object, reason: string): void {
    if (this.#blocked.size === 0) this.#log.warn({ broker: this.#address, reason }, 'queue.blocked');
    this.#blocked.add(connection);
  }

  unblocked(connection: object): void {
    if (this.#blocked.delete(connection) && this.#blocked.size === 0) this.#log.info({ broker: this.#address }, 'queue.unblocked');
  }

  /** Closed on purpose. */
  forget(connection: object): void {
    this.#down.delete(connection);
    this.#blocked.delete(connection);
  }
}
