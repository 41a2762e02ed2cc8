import type { Report, TaskKey } from '#shared/queue/messages.ts';

interface Sighting {
  readonly key: TaskKey;
  readonly worker: string;
  /** The attempt that was started; undefined while the worker only holds the task. */
  readonly attempt: number | undefined;
  /** When it was started first, by whomever. */
  readonly sinceMs: number | undefined;
  /** A second copy was issued. */
  copied: boolean;
}

/** Tasks that workers say they hold: brokers tell nobody. Memory grows with the workers, not with the tasks. */
export class InFlight {
  readonly #tasks = new Map<string, Sighting>();
  readonly #lastWord = new Map<string, number>();

  /** Takes in what a worker says. */
  note(report: Report, nowMs: number): void {
    this.#lastWord.set(report.worker, nowMs);
    if (report.kind === 'started') this.#see(report, report.worker, { attempt: report.attempt, nowMs });
    else if (report.kind === 'alive') {
      for (const key of report.tasks) this.#see(key, report.worker);
    } else this.#tasks.delete(text(report));
  }

  has(key: TaskKey): boolean {
    return this.#tasks.has(text(key));
  }

  /** Tasks of a run that are being computed. */
  running(run: string): number {
    let count = 0;
    for (const { key, attempt } of this.#tasks.values()) if (key.run === run && attempt !== undefined) count += 1;
    return count;
  }

  /** Workers that were heard of lately. */
  get workers(): number {
    return this.#lastWord.size;
  }

  /** Tasks of a run that were started over `olderThanMs` ago, each told once: they get a second copy. */
  takeStragglers(run: string, nowMs: number, olderThanMs: number): TaskKey[] {
    const stragglers = [...this.#tasks.values()].filter(
      ({ key, sinceMs, copied }) => key.run === run && !copied && sinceMs !== undefined && nowMs - sinceMs > olderThanMs,
    );
    for (const each of stragglers) each.copied = true;
    return stragglers.map(({ key }) => key);
  }

  /** Takes out the tasks of workers that have been silent for `silenceMs`. */
  takeVanished(nowMs: number, silenceMs: number): Sighting[] {
    const vanished: Sighting[] = [];
    for (const [worker, lastMs] of this.#lastWord) {
      if (nowMs - lastMs < silenceMs) continue;
      this.#lastWord.delete(worker);
      for (const [key, sighting] of this.#tasks) {
        if (sighting.worker !== worker) continue;
        this.#tasks.delete(key);
        vanished.push(sighting);
      }
    }
    return vanished;
  }

  #see({ run, index }: TaskKey, worker: string, start?: { readonly attempt: number; readonly nowMs: number }): void {
    const key = text({ run, index });
    const known = this.#tasks.get(key);
    const attempt = start?.attempt ?? known?.attempt;
    const sinceMs = known?.sinceMs ?? start?.nowMs;
    this.#tasks.set(key, { key: { run, index }, worker, attempt, sinceMs, copied: known?.copied ?? false });
  }
}

function text({ run, index }: TaskKey): string {
  return `${run} ${index}`;
}
