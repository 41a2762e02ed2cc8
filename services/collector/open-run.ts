import type { RunState } from '#shared/plot/snapshot.ts';
import { RateMeter } from './rate-meter.ts';

/** What is known of a run in this process only: its rate, its clock, and who waits for changes. */
export class OpenRun {
  readonly #meters = new Map<string, RateMeter>();
  readonly #started = performance.now();
  readonly #waiting = new Set<() => void>();
  readonly #resting = new Set<() => void>();
  #saved = performance.now();
  #revision = 1;

  /** Grows with each change, in this process only: with the next one it begins at 1 again. */
  get revision(): number {
    return this.#revision;
  }

  /** Entries of a dataset were committed. */
  count(dataset: string, entries: number): void {
    for (const name of ['', dataset]) this.#meter(name).add(entries, performance.now());
  }

  /** Entries a second, of a dataset or in all. */
  rate(dataset = ''): number {
    return this.#meters.get(dataset)?.perSecond(performance.now()) ?? 0;
  }

  /** How many rates are kept. */
  get meters(): number {
    return this.#meters.size;
  }

  /** Frees the meters of what is idle: they would say 0. */
  forgetIdle(): void {
    for (const [name, meter] of this.#meters) if (meter.isIdle(performance.now())) this.#meters.delete(name);
  }

  /** Tells everybody who waits; with `atOnce` also those who wanted to be left alone for a while. */
  changed(atOnce = false): void {
    this.#revision += 1;
    for (const wake of [...this.#waiting, ...(atOnce ? this.#resting : [])]) wake();
  }

  /** Yields at once, then after each change, at least `throttleMs` apart; returns when the signal aborts. */
  async *changes(signal: AbortSignal, throttleMs = 0): AsyncGenerator<number> {
    let seen = 0;
    while (!signal.aborted) {
      if (seen === this.#revision) await this.#wait(signal, undefined);
      else {
        seen = this.#revision;
        yield seen;
        if (throttleMs > 0) await this.#wait(signal, throttleMs);
      }
    }
  }

  /** Time on the clock that the ledger does not have yet; it stands still when the run is over. */
  unsavedMs(state: RunState): number {
    return state === 'running' ? performance.now() - this.#saved : 0;
  }

  /** The same, and takes it off the clock. */
  takeUnsavedMs(state: RunState): number {
    const ms = this.unsavedMs(state);
    this.#saved = performance.now();
    return ms;
  }

  #meter(name: string): RateMeter {
    const meter = this.#meters.get(name) ?? new RateMeter(this.#started);
    this.#meters.set(name, meter);
    return meter;
  }

  /** Until the signal aborts, and until the next change or for some time. */
  #wait(signal: AbortSignal, ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const group = ms === undefined ? this.#waiting : this.#resting;
      const wake = () => {
        clearTimeout(timer);
        group.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(wake, ms);
      group.add(wake);
      signal.addEventListener('abort', wake, { once: true });
      if (signal.aborted) wake();
    });
  }
}
