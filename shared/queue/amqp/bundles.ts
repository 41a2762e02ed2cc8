/** Reports on their way out: those that come while one is not confirmed yet travel in one message. */
import type { Report } from '../messages.ts';
import { type Encoded, encodeReport, encodeReports } from './codec.ts';

interface Part {
  readonly report: Report;
  readonly bytes: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A message that has so many reports, or bytes, waits for nothing. */
const FULL = 100;
const FULL_BYTES = 100_000;

export class Bundles {
  readonly #publish: (message: Encoded) => Promise<void>;
  #waiting: Part[] = [];
  #waitingBytes = 0;
  #unconfirmed = 0;
  #sending: NodeJS.Immediate | undefined;

  /** `publish` resolves when the message is confirmed. */
  constructor(publish: (message: Encoded) => Promise<void>) {
    this.#publish = publish;
  }

  /** Resolves when the message it travels in is confirmed. @throws MessageError if it is too big for one */
  async publish(report: Report): Promise<void> {
    const bytes = encodeReport(report);
    if (this.#waitingBytes + bytes.length > FULL_BYTES) this.#send();
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ report, bytes, resolve, reject });
      this.#waitingBytes += bytes.length;
      if (this.#waiting.length === FULL) this.#send();
      // What is said within this turn of the event loop goes together.
      else if (this.#unconfirmed === 0) this.#sending ??= setImmediate(() => this.#send());
    });
  }

  #send(): void {
    clearImmediate(this.#sending);
    this.#sending = undefined;
    const parts = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    void this.#deliver(parts);
  }

  async #deliver(parts: readonly Part[]): Promise<void> {
    const [first] = parts;
    if (first === undefined) return;
    this.#unconfirmed += 1;
    try {
      const bytes = parts.map((part) => part.bytes);
      await this.#publish(encodeReports(first.report, bytes));
      for (const { resolve } of parts) resolve();
    } catch (error) {
      for (const { reject } of parts) reject(error);
    }
    this.#unconfirmed -= 1;
    if (this.#unconfirmed === 0) this.#send();
  }
}
