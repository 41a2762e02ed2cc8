/** All histograms of a run by name: what histograms.json, .csv and .root hold. */
import type { Axis } from '../histogram/axis.ts';
import { contentsFrom, type HistogramContents, scaled, summed } from '../histogram/contents.ts';
import { type CsvRow, toCsv } from '../histogram/csv.ts';
import { toUhi, type UhiHistogram } from '../histogram/uhi.ts';
import type { DatasetSnapshot, RunSnapshot } from '../plot/snapshot.ts';
import { histogramsToRoot } from '../root/write/histograms.ts';
import { objectNames } from '../root/write/object-names.ts';
import { TOY_MARK } from '../toy/toy-mark.ts';

export interface ResultHistogram {
  /** `group`: datasets of a group, scaled and added; `dataset`: one of them, scaled; `raw`: its sums as filled. */
  readonly kind: 'group' | 'dataset' | 'raw';
  /** Name of the group or dataset. */
  readonly of: string;
  readonly name: string;
  readonly title: string;
  readonly contents: HistogramContents;
  /** What raw sums were multiplied by. */
  readonly scale?: number;
}

/** The names and axes of a run's histograms, `cutFlow` last. */
export function histogramsOf({ analysis }: RunSnapshot): { name: string; title: string; axes: readonly Axis[] }[] {
  const axis: Axis = { type: 'category', name: 'cutFlow', label: 'Cut flow', categories: analysis.cutFlow };
  return [...analysis.histograms, { name: 'cutFlow', title: 'Cut flow', axes: [axis] }];
}

/** Every histogram of the run, groups first, in the order of the plot. Depends on counts and scales only: no times, no run id. */
export function resultHistograms(snapshot: RunSnapshot): ResultHistogram[] {
  const { datasets } = snapshot;
  return histogramsOf(snapshot).flatMap(({ name, title, axes }): ResultHistogram[] => {
    const raw = (dataset: DatasetSnapshot) => contentsFrom(axes, dataset.histograms[name] ?? { sumw: [], sumw2: [], entries: [] });
    const scaledOf = (dataset: DatasetSnapshot) => scaled(raw(dataset), dataset.scale);
    const groups = snapshot.groups.flatMap((group): ResultHistogram[] => {
      const members = datasets.filter((dataset) => dataset.group === group.name);
      return members.length === 0 ? [] : [{ kind: 'group', of: group.name, name, title, contents: summed(members.map(scaledOf)) }];
    });
    return [
      ...groups,
      ...datasets.map(
        (each): ResultHistogram => ({ kind: 'dataset', of: each.name, name, title, contents: scaledOf(each), scale: each.scale }),
      ),
      ...datasets.map((each): ResultHistogram => ({ kind: 'raw', of: each.name, name, title, contents: raw(each) })),
    ];
  });
}

type HistogramFile = 'histograms.json' | 'histograms.csv' | 'histograms.root';

/** How to make each file of histograms: the same numbers in three formats. What one of them cannot hold is in the others. Each says "toy" where any input is. */
export function histogramFileMakers(snapshot: RunSnapshot): Record<HistogramFile, () => string | Uint8Array> {
  const histograms = resultHistograms(snapshot);
  const groups = objectNames(snapshot.groups.map(({ name }) => name));
  const datasets = objectNames(snapshot.datasets.map(({ name }) => name));
  const inRoot = ({ kind, of }: ResultHistogram) => (kind === 'group' ? groups : datasets).get(of) ?? of;
  const named = (nameOf: (each: ResultHistogram) => string) =>
    Object.fromEntries(histograms.map((each) => [`${each.kind}/${nameOf(each)}/${each.name}`, withMetadata(each, snapshot)]));
  const rows = () => histograms.map(({ kind, of, name, contents }): CsvRow => ({ labels: { kind, of, histogram: name }, contents }));
  return {
    'histograms.json': () => toUhi(named(({ of }) => of)),
    'histograms.csv': () => toCsv(rows(), snapshot.toy ? { toy: 'true' } : {}),
    'histograms.root': () => histogramsToRoot(named(inRoot), snapshot.toy ? { [TOY_MARK]: '{}' } : {}),
  };
}

/** The true name is in name and label, whatever it is called in a ROOT file. */
function withMetadata({ kind, of, name, title, contents, scale }: ResultHistogram, { toy, state }: RunSnapshot): UhiHistogram {
  const label = `${title} (${of}${kind === 'raw' ? ', raw sums' : ''})`;
  const metadata = { name: `${kind}/${of}/${name}`, label, kind, toy, complete: state === 'complete' };
  return { ...contents, metadata: scale === undefined ? metadata : { ...metadata, scale } };
}
