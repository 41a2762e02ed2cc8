/** From raw sums per dataset to normalised sums per group: the one place where a snapshot's numbers are scaled. */
import { MessageError } from '../errors.ts';
import { type Axis, binCount } from '../histogram/axis.ts';
import type { DatasetSnapshot, GroupDescription, RunSnapshot } from './snapshot.ts';

/** Normalised contents of some datasets together; bins without flow, and the flow apart. */
export interface GroupSums {
  /** Σ scale·Σw per bin. */
  readonly values: readonly number[];
  /** Σ scale²·Σw² per bin. */
  readonly variances: readonly number[];
  /** Filled entries per bin, unweighted. */
  readonly entries: readonly number[];
  readonly below: number;
  readonly above: number;
}

/**
 * Sums over `datasets` of a one-dimensional histogram. They are added in order of name, so that the order in which
 * datasets are listed changes no bit; a scale that is not finite (nothing normalised yet) counts as 0.
 * @throws MessageError if a dataset's arrays do not fit the axis.
 */
export function groupSums(datasets: readonly DatasetSnapshot[], histogram: string, axis: Axis): GroupSums {
  const bins = binCount(axis);
  const flow = axis.type === 'category' ? 0 : 1;
  const values = new Array<number>(bins + flow + 1).fill(0);
  const variances = [...values];
  const entries = [...values];
  for (const dataset of [...datasets].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const raw = dataset.histograms[histogram];
    if (raw === undefined) continue;
    const scale = Number.isFinite(dataset.scale) ? dataset.scale : 0;
    for (const [name, array] of Object.entries({ sumw: raw.sumw, sumw2: raw.sumw2, entries: raw.entries })) {
      if (array.length === values.length) continue;
      const reason = `${name} has ${array.length} cells, its axis ${values.length}`;
      throw new MessageError(reason, { object: `${dataset.name}/${histogram}` });
    }
    for (let cell = 0; cell < values.length; cell++) {
      values[cell]! += scale * raw.sumw[cell]!;
      variances[cell]! += scale * scale * raw.sumw2[cell]!;
      entries[cell]! += raw.entries[cell]!;
    }
  }
  const inside = (array: readonly number[]) => array.slice(flow, flow + bins);
  return {
    values: inside(values),
    variances: inside(variances),
    entries: inside(entries),
    below: flow === 1 ? values[0]! : 0,
    above: values[flow + bins]!,
  };
}

/** The datasets of the groups of these kinds. */
export function datasetsOfKind(snapshot: RunSnapshot, ...kinds: readonly string[]): readonly DatasetSnapshot[] {
  const names = new Set(snapshot.groups.filter((group) => kinds.includes(group.kind)).map((group) => group.name));
  return snapshot.datasets.filter((dataset) => names.has(dataset.group));
}

/** The groups that this run reads something of, in catalogue order: a run over data alone has no MC to show. */
export function presentGroups({ groups, datasets }: RunSnapshot): readonly GroupDescription[] {
  const names = new Set(datasets.map(({ group }) => group));
  return groups.filter(({ name }) => names.has(name));
}

/** The datasets of one group. */
export function membersOf({ datasets }: RunSnapshot, group: GroupDescription): readonly DatasetSnapshot[] {
  return datasets.filter((dataset) => dataset.group === group.name);
}
