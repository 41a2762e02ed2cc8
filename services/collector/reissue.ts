/** What the collector publishes again: tasks whose wait is over, that nobody holds any more, or that take too long. */
import { MESSAGE_VERSION } from '#shared/queue/messages.ts';
import type { Queue } from '#shared/queue/queue.ts';
import type { Conclusion } from './group-commit.ts';
import type { InFlight, Sighting } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import type { OpenTask } from './ledger-rows.ts';
import { type RunModel, taskMessage } from './run-model.ts';
import { ofOneRun } from './run-models.ts';

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

/** Looks are some seconds apart; after so long a gap this process stood still, or waited for the broker, and heard nobody. */
const DEAF_MS = 6000;

export class Reissue {
  readonly #options: ReissueOptions;
  #lastLookMs = Number.POSITIVE_INFINITY;
  /** By run: open tasks that neither the queue nor a worker seemed to have at the last look, since when. */
  readonly #suspects = new Map<string, Map<number, number>>();

  constructor(options: ReissueOptions) {
    this.#options = options;
  }

  /** Publishes the next attempts that are due. */
  async publishDue(nowMs: number): Promise<void> {
    await this.#publish('due', this.#options.ledger.takeDue(nowMs, PAGE));
  }

  /** Counts the attempts of vanished workers, and publishes again what these runs have lost. */
  async publishLost(runs: Iterable<string>, nowMs: number): Promise<void> {
    if (nowMs - this.#lastLookMs > DEAF_MS) this.#options.inFlight.excuseSilence(nowMs);
    this.#lastLookMs = nowMs;
    await this.#countVanished(nowMs);
    const open = new Set(runs);
    for (const run of this.#suspects.keys()) if (!open.has(run)) this.#suspects.delete(run);
    for (const run of open) await ofOneRun(() => this.#look(run, nowMs));
  }

  /** All at once: they go into the ledger together. */
  async #countVanished(nowMs: number): Promise<void> {
    const { ledger, inFlight, conclude, silenceMs } = this.#options;
    const count = async ({ key, worker, attempt }: Sighting) => {
      if (attempt === undefined || ledger.run(key.run)?.state !== 'running') return;
      const text = `worker ${worker} vanished while it had the task`;
      const head = { v: MESSAGE_VERSION, kind: 'failure' as const, ...key, attempt, worker };
      await ofOneRun(() => conclude({ ...head, code: 'StorageError', text, file: '', retryable: true }));
    };
    await Promise.all(inFlight.takeVanished(nowMs, silenceMs).map(count));
  }

  async #look(run: string, nowMs: number): Promise<void> {
    const { ledger, queue, model } = this.#options;
    // Before, none of it is published.
    if (ledger.run(run)?.frozen !== true) return;
    const { spec } = await model(run);
    const pools = spec.pools?.map(({ name }) => name) ?? [undefined];
    const depths = await Promise.all(pools.map((pool) => queue.tasks.depth(run, pool)));
    // While tasks wait in a queue, those missing among them cannot be told.
    const empty = pools.filter((_, i) => depths[i] === 0);
    const issued = empty.flatMap((pool) => ledger.issued(run, PAGE, pool));
    await this.#publish('lost', this.#takeLost(run, issued, nowMs));
    if (empty.length > 0) await this.#publish('straggler', this.#stragglers(run, nowMs, new Set(empty), spec.steal === true));
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

  /** Those of the issued tasks that nobody has had for too long. */
  #takeLost(run: string, issued: readonly OpenTask[], nowMs: number): OpenTask[] {
    const { inFlight, silenceMs } = this.#options;
    const before = this.#suspects.get(run);
    const suspects = new Map<number, number>();
    const lost = issued.filter(({ index }) => {
      if (inFlight.has({ run, index })) return false;
      const since = before?.get(index) ?? nowMs;
      if (nowMs - since >= silenceMs) return true;
      suspects.set(index, since);
      return false;
    });
    this.#suspects.set(run, suspects);
    return lost;
  }

  async #publish(reason: 'due' | 'lost' | 'straggler', tasks: readonly OpenTask[]): Promise<void> {
    if (tasks.length === 0) return;
    const { queue, model, onReissue } = this.#options;
    onReissue(reason, tasks.length);
    const publish = async (task: OpenTask) => {
      const known = await ofOneRun(() => model(task.run));
      if (known !== undefined) await queue.tasks.publish(taskMessage(known, task));
    };
    await Promise.all(tasks.map(publish));
  }
}
