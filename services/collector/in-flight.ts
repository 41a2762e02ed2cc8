import type { Report, TaskKey } from '#shared/queue/messages.ts';

/** A task that a worker has, as far as it was heard. */
export interface Sighting {
  readonly key: TaskKey;
  readonly worker: string;
  /** The attempt that was started; undefined while the worker only holds the task. */
  readonly attempt: number | undefined;
  /** When it was started first, by whomever. */
  readonly sinceMs: number | undefined;
  /** A second copy was issued. */
  copied: boolean;
}

/** What a worker says of itself. */
interface WorkerNote {
  readonly lastMs: number;
  readonly pool: string | undefined;
  readonly threads: number;
  readonly holds: number;
  /** Those of the tasks that it was the last to speak of. */
  readonly tasks: Set<string>;
}

/** The workers of a pool that were heard of lately. */
export interface PoolWorkers {
  /** Names, at most 100 of them. */
  readonly names: readonly string[];
  readonly workers: number;
  readonly threads: number;
  /** Tasks in their hands, of any run. */
  readonly holds: number;
}

const MOST_NAMES = 100;

/** Tasks that workers say they hold: brokers tell nobody. Memory grows with the workers, not with the tasks. */
export class InFlight {
  readonly #tasks = new Map<string, Sighting>();
  readonly #workers = new Map<string, WorkerNote>();

  /** Takes in what a worker says. */
  note(report: Report, nowMs: number): void {
    this.#hear(report, nowMs);
    if (report.kind === 'started') this.#see(report, report.worker, { attempt: report.attempt, nowMs });
    else if (report.kind === 'alive') {
      this.#keepOnly(report.worker, report.tasks);
      for (const key of report.tasks) this.#see(key, report.worker);
    } else this.#drop(text(report));
  }

  has(key: TaskKey): boolean {
    return this.#tasks.has(text(key));
  }

  /** Whether workers hold any task of the run. */
  knows(run: string): boolean {
    return [...this.#tasks.values()].some(({ key }) => key.run === run);
  }

  /** Tasks of a run that are being computed: by all workers, or by those of a pool. */
  running(run: string, pool?: string): number {
    let count = 0;
    for (const { key, attempt, worker } of this.#tasks.values()) {
      if (key.run !== run || attempt === undefined) continue;
      if (pool === undefined || this.#workers.get(worker)?.pool === pool) count += 1;
    }
    return count;
  }

  /** Workers that were heard of lately. */
  get workers(): number {
    return this.#workers.size;
  }

  /** Those of a pool; only those that were heard of since then, where a time is given. */
  poolWorkers(pool: string, sinceMs = 0): PoolWorkers {
    const notes = [...this.#workers].filter(([, note]) => note.pool === pool && note.lastMs >= sinceMs);
    const sum = (of: (note: WorkerNote) => number) => notes.reduce((total, [, note]) => total + of(note), 0);
    return {
      names: notes.slice(0, MOST_NAMES).map(([name]) => name),
      workers: notes.length,
      threads: sum(({ threads }) => threads),
      holds: sum(({ holds }) => holds),
    };
  }

  /** Tasks of a run that were started over `olderThanMs` ago and are `wanted`, each told once: they get a second copy. */
  takeStragglers(run: string, nowMs: number, olderThanMs: number, wanted: (index: number) => boolean = () => true): TaskKey[] {
    const stragglers = [...this.#tasks.values()].filter(
      ({ key, sinceMs, copied }) =>
        key.run === run && !copied && sinceMs !== undefined && nowMs - sinceMs > olderThanMs && wanted(key.index),
    );
    for (const each of stragglers) each.copied = true;
    return stragglers.map(({ key }) => key);
  }

  /** Nobody could be heard until now: no worker's silence says anything. */
  excuseSilence(nowMs: number): void {
    for (const [worker, note] of this.#workers) this.#workers.set(worker, { ...note, lastMs: nowMs });
  }

  /** Takes out the tasks of workers that have been silent for `silenceMs`. */
  takeVanished(nowMs: number, silenceMs: number): Sighting[] {
    const vanished: Sighting[] = [];
    for (const [worker, { lastMs, tasks }] of this.#workers) {
      if (nowMs - lastMs < silenceMs) continue;
      this.#workers.delete(worker);
      for (const key of tasks) {
        const sighting = this.#tasks.get(key);
        if (sighting !== undefined) vanished.push(sighting);
        this.#tasks.delete(key);
      }
    }
    return vanished;
  }

  /**
   * What a worker does not list any more it has given back. Its reports come in the order in which it made them: a task that
   * it started after this list was made is not known yet.
   */
  #keepOnly(worker: string, listed: readonly TaskKey[]): void {
    const kept = new Set(listed.map(text));
    for (const key of this.#workers.get(worker)?.tasks ?? []) if (!kept.has(key)) this.#drop(key);
  }

  #drop(key: string): void {
    const known = this.#tasks.get(key);
    if (known === undefined) return;
    this.#tasks.delete(key);
    this.#workers.get(known.worker)?.tasks.delete(key);
  }

  #hear(report: Report, lastMs: number): void {
    const known = this.#workers.get(report.worker);
    const { threads = 1, holds = 0, tasks = new Set<string>() } = known ?? {};
    const more = report.kind === 'alive' ? { threads: report.threads ?? threads, holds: report.tasks.length } : { threads, holds };
    this.#workers.set(report.worker, { lastMs, pool: report.pool ?? known?.pool, tasks, ...more });
  }

  #see({ run, index }: TaskKey, worker: string, start?: { readonly attempt: number; readonly nowMs: number }): void {
    const key = text({ run, index });
    const known = this.#tasks.get(key);
    const attempt = start?.attempt ?? known?.attempt;
    const sinceMs = known?.sinceMs ?? start?.nowMs;
    if (known !== undefined) this.#workers.get(known.worker)?.tasks.delete(key);
    this.#workers.get(worker)?.tasks.add(key);
    this.#tasks.set(key, { key: { run, index }, worker, attempt, sinceMs, copied: known?.copied ?? false });
  }
}

function text({ run, index }: TaskKey): string {
  return `${run} ${index}`;
}
