/** Which waiting tasks go from one pool to another. Pure: what is looked at goes in, moves come out. */

/** A pool at one moment. */
export interface PoolLook {
  readonly pool: string;
  /** Tasks of the run that wait in its queue. */
  readonly waiting: number;
  /** True if nothing at all, of any run, waited in its queue now and at the look before. */
  readonly isIdle: boolean;
  /** Workers that were heard of lately, their compute threads, and the tasks in their hands. */
  readonly workers: number;
  readonly threads: number;
  readonly holds: number;
  /** Tasks that its workers finish in a second. */
  readonly perSecond: number;
  /** Since it took tasks of this run from others; Infinity: never. */
  readonly tookMsAgo: number;
}

export interface Move {
  readonly from: string;
  readonly to: string;
  readonly tasks: number;
}

/** A pool takes what it will have done after this time, and at least what its workers can hold. */
const AHEAD_SECONDS = 5;
const MOST_AT_ONCE = 1000;
/** A pool with workers that has just taken tasks gives none away: they would go to and fro. */
export const REST_MS = 15_000;

/**
 * Idle pools take waiting tasks of the others: all that they have use for where a pool has no workers, at most the half of what
 * waits where it has. Pools without workers give first, then those with the most to do for each thread. No pool gives and takes.
 */
export function planMoves(looks: readonly PoolLook[]): Move[] {
  const takers = looks.filter(({ isIdle, workers, waiting }) => isIdle && workers > 0 && waiting === 0);
  takers.sort((a, b) => freeHands(b) - freeHands(a));
  const stock = looks
    .filter(({ waiting, workers, tookMsAgo }) => waiting > 0 && (workers === 0 || tookMsAgo >= REST_MS))
    .map((look) => ({ ...look, left: look.workers === 0 ? look.waiting : Math.ceil(look.waiting / 2) }));
  stock.sort((a, b) => backlog(b) - backlog(a));
  const moves: Move[] = [];
  for (const taker of takers) {
    let room = Math.min(MOST_AT_ONCE, Math.max(freeHands(taker), Math.ceil(taker.perSecond * AHEAD_SECONDS)));
    for (const giver of stock) {
      const tasks = Math.min(room, giver.left);
      if (tasks <= 0) continue;
      moves.push({ from: giver.pool, to: taker.pool, tasks });
      giver.left -= tasks;
      room -= tasks;
    }
  }
  return moves;
}

/** Each worker is given one task more than it has threads. */
function freeHands({ threads, workers, holds }: PoolLook): number {
  return Math.max(0, threads + workers - holds);
}

function backlog({ waiting, threads, workers }: PoolLook): number {
  return workers === 0 ? Number.POSITIVE_INFINITY : waiting / Math.max(1, threads);
}
