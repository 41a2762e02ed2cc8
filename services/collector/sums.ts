import { type NamedHistograms, startPartial } from '#shared/analysis/partial.ts';
import { MessageError } from '#shared/errors.ts';
import { addEncoded, encodeHistogram } from '#shared/histogram/codec.ts';
import type { HistogramContents } from '#shared/histogram/contents.ts';
import type { Success } from '#shared/queue/messages.ts';
import type { Ledger } from './ledger.ts';
import type { SumRow } from './ledger-rows.ts';
import type { RunModel } from './run-model.ts';

/** Histograms of a partial, encoded. */
type Encoded = Success['histograms'];

interface DatasetSums {
  readonly run: string;
  readonly dataset: string;
  readonly histograms: NamedHistograms;
}

/**
 * The exact sums of all datasets at work, as the ledger has them plus what is merged since `commit` or `rollback`. Memory
 * grows with the number of datasets, not of tasks.
 */
export class Sums {
  readonly #ledger: Ledger;
  readonly #datasets = new Map<string, DatasetSums>();
  readonly #touched = new Set<string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /**
   * Adds a partial to its dataset's sums.
   * @throws MessageError unless it has exactly the run's histograms, each with its axes; `rollback` is due then
   */
  merge(model: RunModel, dataset: string, partial: Encoded): void {
    assertSameNames(model, partial);
    const { histograms } = this.#load(model, dataset);
    this.#touched.add(keyOf(model.spec.run, dataset));
    for (const [name, histogram] of Object.entries(histograms)) addEncoded(histogram, partial[name] as Uint8Array);
  }

  /** The sums that changed, encoded. */
  *changed(): Iterable<SumRow> {
    for (const key of this.#touched) {
      const { run, dataset, histograms } = this.#datasets.get(key) as DatasetSums;
      for (const [histogram, sums] of Object.entries(histograms)) yield { run, dataset, histogram, bytes: encodeHistogram(sums) };
    }
  }

  /** The ledger has what changed. */
  commit(): void {
    this.#touched.clear();
  }

  /** The ledger does not have it: forget it, and read the ledger's own again when asked. */
  rollback(): void {
    for (const key of this.#touched) this.#datasets.delete(key);
    this.#touched.clear();
  }

  /** Committed contents by histogram name, each sum rounded once. */
  contents(model: RunModel, dataset: string): Record<string, HistogramContents> {
    const { histograms } = this.#load(model, dataset);
    return Object.fromEntries(Object.entries(histograms).map(([name, histogram]) => [name, histogram.contents()]));
  }

  /** Frees the sums of a run that is over: the ledger has them for whoever asks. */
  forget(run: string): void {
    for (const [key, sums] of this.#datasets) if (sums.run === run && !this.#touched.has(key)) this.#datasets.delete(key);
  }

  #load(model: RunModel, dataset: string): DatasetSums {
    const { run } = model.spec;
    const key = keyOf(run, dataset);
    const known = this.#datasets.get(key);
    if (known) return known;
    const histograms = startPartial(model.analysis, model.parameters);
    for (const [name, histogram] of Object.entries(histograms)) {
      const bytes = this.#ledger.sum(run, dataset, name);
      if (bytes) addEncoded(histogram, bytes);
    }
    const sums = { run, dataset, histograms };
    this.#datasets.set(key, sums);
    return sums;
  }
}

function assertSameNames({ axes, spec }: RunModel, histograms: Encoded): void {
  const names = Object.keys(axes);
  const given = Object.keys(histograms);
  if (names.length === given.length && names.every((name) => Object.hasOwn(histograms, name))) return;
  throw new MessageError(`the partial has the histograms ${given.join(', ') || 'none'}; run ${spec.run} fills ${names.join(', ')}`);
}

function keyOf(run: string, dataset: string): string {
  return `${run}\n${dataset}`;
}
