/** What the collector publishes again: tasks whose wait is over, that nobody holds any more, or that take too long. */
import { MESSAGE_VERSION } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { Conclusion } from './group-commit.ts';
import type { InFlight } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import type { OpenTask } from './ledger-rows.ts';
import { type RunModel, taskMessage } from './run-model.ts';

export interface ReissueOptions {
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly inFlight: InFlight;
  readonly model: (run: string) => Promise<RunModel>;
  /** Counts an attempt as failed. */
  readonly conclude: (report: Conclusion) => Promise<void>;
  /** A worker that says nothing for this long has vanished. */
  readonly silenceMs: number;
  /** Told how many were published again, and why. */
  readonly onReissue: (reason: 'due' | 'lost' | 'straggler', tasks: number) => void;
}

/** A task is a straggler when it takes this many times what the run's tasks take, and over the least time. */
const STRAGGLER_FACTOR = 4;
const STRAGGLER_MS = 10_000;

/** Published in one go; the rest follows with the next check. */
const PAGE = 1000;

export class Reissue {
  readonly #options: ReissueOptions;
  /** Open tasks that neither the queue nor a worker seems to have, since when. */
  readonly #suspects = new Map<string, number>();

  constructor(options: ReissueOptions) {
    this.#options = options;
  }

  /** Publishes the next attempts that are due. */
  async publishDue(nowMs: number): Promise<void> {
    await this.#publish('due', this.#options.ledger.takeDue(nowMs, PAGE));
  }

  /** Counts the attempts of vanished workers, and publishes again what these runs have lost. */
  async publishLost(runs: Iterable<string>, nowMs: number): Promise<void> {
    const { ledger, queue, inFlight, conclude, silenceMs } = this.#options;
    for (const { key, worker, attempt } of inFlight.takeVanished(nowMs, silenceMs)) {
      if (attempt === undefined) continue;
      const text = `worker ${worker} vanished while it had the task`;
      const head = { v: MESSAGE_VERSION, kind: 'failure' as const, ...key, attempt, worker };
      await conclude({ ...head, code: 'StorageError', text, file: '', retryable: true });
    }
    for (const run of runs) {
      const { spec } = await this.#options.model(run);
      const pools = spec.pools?.map(({ name }) => name) ?? [undefined];
      const depths = await Promise.all(pools.map((pool) => queue.tasks.depth(run, pool)));
      // While tasks wait in a queue, those missing among them cannot be told.
      const empty = pools.filter((_, i) => depths[i] === 0);
      for (const pool of empty) {
        const lost = ledger.issued(run, PAGE, pool).filter((task) => this.#isLost(task, nowMs));
        await this.#publish('lost', lost);
      }
      if (empty.length > 0) await this.#publish('straggler', this.#stragglers(run, nowMs, new Set(empty), spec.steal === true));
    }
  }

  /**
   * When nothing waits any more, the slowest tasks go to a second worker as well: the first commit counts. `empty` are the pools
   * whose queues are empty; with `steal` it may be a worker of any of them.
   */
  #stragglers(run: string, nowMs: number, empty: ReadonlySet<string | undefined>, steal: boolean): OpenTask[] {
    const { ledger, inFlight } = this.#options;
    const counters = ledger.counters(run);
    const committed = counters.reduce((sum, each) => sum + each.committed, 0);
    const wallMs = counters.reduce((sum, each) => sum + each.wallMs, 0);
    const usualMs = committed === 0 ? Number.POSITIVE_INFINITY : wallMs / committed;
    const helper = steal ? this.#mostFree(empty) : undefined;
    const canBeCopied = (index: number) => helper !== undefined || empty.has(ledger.openTask(run, index)?.pool);
    const slow = inFlight.takeStragglers(run, nowMs, Math.max(STRAGGLER_MS, STRAGGLER_FACTOR * usualMs), canBeCopied);
    return slow.flatMap(({ index }) => {
      const task = ledger.openTask(run, index);
      return task === undefined ? [] : [{ ...task, pool: helper ?? task.pool }];
    });
  }

  /** The pool with the most threads that have nothing to do. */
  #mostFree(pools: Iterable<string | undefined>): string | undefined {
    const free = [...pools].flatMap((pool) => {
      if (pool === undefined) return [];
      const { threads, holds } = this.#options.inFlight.poolWorkers(pool);
      return threads > holds ? [{ pool, threads: threads - holds }] : [];
    });
    return free.sort((a, b) => b.threads - a.threads)[0]?.pool;
  }

  #isLost({ run, index }: OpenTask, nowMs: number): boolean {
    const key = `${run} ${index}`;
    const since = this.#suspects.get(key);
    if (this.#options.inFlight.has({ run, index })) this.#suspects.delete(key);
    else if (since === undefined) {
      if (this.#suspects.size >= PAGE) this.#suspects.clear();
      this.#suspects.set(key, nowMs);
    } else if (nowMs - since >= this.#options.silenceMs) return this.#suspects.delete(key);
    return false;
  }

  async #publish(reason: 'due' | 'lost' | 'straggler', tasks: readonly OpenTask[]): Promise<void> {
    if (tasks.length === 0) return;
    const { queue, model, onReissue } = this.#options;
    onReissue(reason, tasks.length);
    await Promise.all(tasks.map(async (task) => queue.tasks.publish(taskMessage(await model(task.run), task))));
  }
}
