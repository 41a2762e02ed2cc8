/** How many workers the autoscaler may want. */

export interface ReplicaSituation {
  /** Tasks that are not committed or failed yet, of all open runs; undefined while a run's list still grows. */
  readonly remaining: number | undefined;
  /** Compute threads of a worker. */
  readonly threads: number;
  /** Workers that are there. */
  readonly current: number;
  readonly min: number;
  /** What the user allows. */
  readonly configuredMax: number;
}

/**
 * The limit never takes a worker away (what is idle is the autoscaler's to find out, slowly); it only keeps new ones from
 * being added that would find nothing to do, because the autoscaler still sees the CPU of half a minute ago.
 */
export function replicaLimit({ remaining, threads, current, min, configuredMax }: ReplicaSituation): number {
  if (remaining === undefined) return configuredMax;
  const useful = Math.max(current, Math.ceil(remaining / threads));
  return Math.max(1, min, Math.min(configuredMax, useful));
}
