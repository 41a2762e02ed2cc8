/** Whether a service can do its work now, told from the log of its queue. */
import type { Log } from './log.ts';

export class Readiness {
  #reason: string | undefined = 'it is starting';
  #broker: string | undefined;

  /** Why not; undefined when it can. */
  readonly notReady = (): string | undefined => this.#reason ?? this.#broker;

  /** True also while the broker is away: what is known can still be told. */
  notBroken(): boolean {
    return this.#reason === undefined;
  }

  /** Everything is there. */
  ready(): void {
    this.#reason = undefined;
  }

  /** Something is missing or broken. */
  block(reason: string): void {
    this.#reason = reason;
  }

  /** The same log, for a queue: its outages make the service not ready. */
  watch(log: Log): Log {
    return {
      child: (fields) => log.child(fields),
      debug: (fields, event) => log.debug(fields, event),
      error: (fields, event) => log.error(fields, event),
      info: (fields, event) => {
        if (event === 'queue.connected') this.#broker = undefined;
        log.info(fields, event);
      },
      warn: (fields, event) => {
        if (event === 'queue.disconnected') this.#broker = 'the broker cannot be reached';
        log.warn(fields, event);
      },
    };
  }
}
