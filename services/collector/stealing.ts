/** Moves waiting tasks between the pools of a run, where the run allows it. */
import type { Queue } from '#shared/queue/queue.ts';
import type { InFlight } from './in-flight.ts';
import type { Ledger } from './ledger.ts';
import { type Move, type PoolLook, planMoves, REST_MS } from './plan-moves.ts';
import { type RunModel, taskMessage } from './run-model.ts';
import { ofOneRun } from './run-models.ts';

export interface StealingOptions {
  readonly ledger: Ledger;
  readonly queue: Queue;
  readonly inFlight: InFlight;
  readonly model: (run: string) => Promise<RunModel>;
  readonly onMoved: (run: string, move: Move) => void;
}

/** What is remembered of a pool of a run from look to look. */
interface Memory {
  committed: number;
  perSecond: number;
  atMs: number;
  tookAtMs: number;
}

/** A worker says every two seconds that it lives; one that is silent for longer than this is not counted on. */
const FRESH_MS = 7000;

export class Stealing {
  readonly #options: StealingOptions;
  /** By run and pool. */
  readonly #memory = new Map<string, Map<string, Memory>>();
  /** Pools in whose queues nothing waited at the last look. */
  #empty: ReadonlySet<string> = new Set();

  constructor(options: StealingOptions) {
    this.#options = options;
  }

  /** Looks at these open runs, and moves what is to be moved. */
  async look(runs: readonly string[], nowMs: number): Promise<void> {
    const { model, ledger } = this.#options;
    for (const run of this.#memory.keys()) if (!runs.includes(run)) this.#memory.delete(run);
    const pooled: { readonly run: string; readonly steal: boolean; readonly waiting: Map<string, number> }[] = [];
    const found = await Promise.all(runs.map((run) => ofOneRun(() => model(run))));
    const models = found.filter((each) => each !== undefined);
    if (!models.some(({ spec }) => spec.steal === true && spec.pools !== undefined)) return;
    for (const { spec } of models) {
      if (spec.pools === undefined) continue;
      pooled.push({ run: spec.run, steal: spec.steal === true, waiting: await this.#waiting(spec.run, spec.pools) });
    }
    const sums = new Map<string, number>();
    for (const { waiting } of pooled) for (const [pool, count] of waiting) sums.set(pool, (sums.get(pool) ?? 0) + count);
    const before = this.#empty;
    this.#empty = new Set([...sums].flatMap(([pool, count]) => (count === 0 ? [pool] : [])));
    for (const { run, steal, waiting } of pooled) {
      // A list that is not frozen is still being published.
      if (!steal || ledger.run(run)?.frozen !== true) continue;
      for (const move of planMoves(this.#looks(run, waiting, before, nowMs))) await this.#move(run, move, nowMs);
    }
  }

  async #waiting(run: string, pools: readonly { readonly name: string }[]): Promise<Map<string, number>> {
    const { tasks } = this.#options.queue;
    return new Map(await Promise.all(pools.map(async ({ name }) => [name, await tasks.depth(run, name)] as const)));
  }

  #looks(run: string, waiting: ReadonlyMap<string, number>, emptyBefore: ReadonlySet<string>, nowMs: number): PoolLook[] {
    const { ledger, inFlight } = this.#options;
    return ledger.pools(run).map(({ pool, committed }) => {
      const { workers, threads, holds } = inFlight.poolWorkers(pool, nowMs - FRESH_MS);
      const { perSecond, tookAtMs } = this.#remember(run, pool, committed, nowMs);
      const tookMsAgo = nowMs - tookAtMs;
      // A gap between two tasks is no reason, unless it was so a moment ago.
      const isIdle = this.#empty.has(pool) && (emptyBefore.has(pool) || tookMsAgo < REST_MS);
      const look = { pool, waiting: waiting.get(pool) ?? 0, isIdle, workers, threads, holds };
      return { ...look, perSecond, tookMsAgo };
    });
  }

  /** The rate is a mean over the last looks. */
  #remember(run: string, pool: string, committed: number, atMs: number): Memory {
    const pools = this.#memory.get(run) ?? new Map<string, Memory>();
    this.#memory.set(run, pools);
    const known = pools.get(pool);
    const tookAtMs = known?.tookAtMs ?? Number.NEGATIVE_INFINITY;
    const seconds = known === undefined ? 0 : (atMs - known.atMs) / 1000;
    const rate = known === undefined || seconds <= 0 ? 0 : Math.max(0, committed - known.committed) / seconds;
    const memory = { committed, perSecond: ((known?.perSecond ?? rate) + rate) / 2, atMs, tookAtMs };
    pools.set(pool, memory);
    return memory;
  }

  async #move(run: string, { from, to, tasks }: Move, nowMs: number): Promise<void> {
    const { ledger, queue, model, onMoved } = this.#options;
    const runModel = await model(run);
    const moved = await queue.takeWaiting({ run, pool: from }, tasks, async (taken) => {
      // A copy of what is done is for nobody.
      const open = taken.flatMap(({ index }) => ledger.openTask(run, index) ?? []);
      ledger.moveTasks(
        run,
        open.map(({ index }) => index),
        to,
      );
      await Promise.all(open.map((task) => queue.tasks.publish(taskMessage(runModel, { ...task, pool: to }))));
    });
    if (moved === 0) return;
    const memory = this.#memory.get(run)?.get(to);
    if (memory !== undefined) memory.tookAtMs = nowMs;
    onMoved(run, { from, to, tasks: moved });
  }
}
