import type { Report, TaskKey } from '#shared/queue/messages.ts';

interface Sighting {
  readonly key: TaskKey;
  readonly worker: string;
  /** The attempt that was started; undefined while the worker only holds the task. */
  readonly attempt: number | undefined;
}

/** Tasks that workers say they hold: brokers tell nobody. Memory grows with the workers, not with the tasks. */
export class InFlight {
  readonly #tasks = new Map<string, Sighting>();
  readonly #lastWord = new Map<string, number>();

  /** Takes in what a worker says. */
  note(report: Report, nowMs: number): void {
    this.#lastWord.set(report.worker, nowMs);
    if (report.kind === 'started') this.#see(report, report.worker, report.attempt);
    else if (report.kind === 'alive') {
      for (const key of report.tasks) this.#see(key, report.worker, this.#tasks.get(text(key))?.attempt);
    } else this.#tasks.delete(text(report));
  }

  has(key: TaskKey): boolean {
    return this.#tasks.has(text(key));
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

  #see({ run, index }: TaskKey, worker: string, attempt: number | undefined): void {
    this.#tasks.set(text({ run, index }), { key: { run, index }, worker, attempt });
  }
}

function text({ run, index }: TaskKey): string {
  return `${run} ${index}`;
}
