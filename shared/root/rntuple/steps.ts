/** Which entries are read together: pure, from page lists alone. */
import { type ColumnChoice, columnsOf, type FieldPlan, memoryBytes } from './field-plan.ts';
import type { Cluster } from './page-list.ts';

/** Entries [from, to) of one cluster, counted from its first. */
export interface ClusterPart {
  readonly cluster: Cluster;
  readonly from: number;
  readonly to: number;
}

/** One step of reading: some whole clusters, or a part of one. */
export type Step = readonly ClusterPart[];

/** A cluster that is this much over the budget is cut. */
const TOLERANCE = 1.5;

/**
 * Cuts entries [from, to) into steps of about `budget` bytes in memory, one after the other as they are asked for: a damaged cluster
 * may claim any number of entries.
 */
export function* planSteps(
  plans: readonly FieldPlan[],
  clusters: readonly Cluster[],
  from: number,
  to: number,
  budget: number,
): Generator<Step, void> {
  let joined: ClusterPart[] = [];
  let joinedBytes = 0;
  const take = () => {
    const step = joined;
    joined = [];
    joinedBytes = 0;
    return step;
  };
  for (const cluster of clusters) {
    const start = Math.max(from - cluster.firstEntry, 0);
    const end = Math.min(to - cluster.firstEntry, cluster.entries);
    if (start >= end) continue;
    const bytes = (clusterBytes(plans, cluster) * (end - start)) / cluster.entries;
    if (joined.length > 0 && joinedBytes + bytes > budget) yield take();
    if (bytes <= budget * TOLERANCE) {
      joined.push({ cluster, from: start, to: end });
      joinedBytes += bytes;
      continue;
    }
    if (joined.length > 0) yield take();
    const parts = Math.min(Math.ceil(bytes / budget), end - start);
    const cut = (part: number) => start + Math.floor(((end - start) * part) / parts);
    for (let part = 0; part < parts; part++) yield [{ cluster, from: cut(part), to: cut(part + 1) }];
  }
  if (joined.length > 0) yield joined;
}

/** Bytes of a cluster's values in memory: what its pages hold, and at least a byte for each field of an entry. */
function clusterBytes(plans: readonly FieldPlan[], { columns, entries }: Cluster): number {
  const elements = (choice: ColumnChoice) => Math.max(entries, ...choice.map(({ id }) => columns[id]?.elements ?? 0));
  return plans.reduce(
    (sum, plan) => sum + columnsOf(plan).reduce((bytes, choice) => bytes + elements(choice) * memoryBytes(plan, choice), 0),
    0,
  );
}
