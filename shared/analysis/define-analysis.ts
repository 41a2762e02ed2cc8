/**
 * What an analysis is: the columns it reads, the parameters it takes, the histograms it fills, and the loop that fills
 * them. Pure, so that a browser, a worker thread and a test run the same code.
 */
import type { Axis } from '#shared/histogram/axis.ts';
import type { Histogram } from '#shared/histogram/histogram.ts';
import type { ColumnOf, ColumnType } from '#shared/root/column-type.ts';
import { checkAnalysis } from './check-analysis.ts';

/** What a parameter can be. Its type is that of its default. */
export type ParameterValue = number | boolean | string | readonly number[];

/** Parameter values by name. */
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** Column types by branch name. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>;

/** A histogram to fill: its title and one or two axes. */
export interface HistogramDeclaration {
  readonly title: string;
  readonly axes: readonly Axis[];
}

/**
 * Where a signal is looked for: yields and significance are counted over the bins of `histogram` whose centre lies from `lo` to
 * `hi`, in the units of its axis. The histogram has one numeric axis. Where no bin fits, a run has no significance and says why.
 */
export interface SignalWindow<H extends string = string> {
  readonly histogram: H;
  readonly lo: number;
  readonly hi: number;
}

/** Parameters with the types that overrides may have: `false` becomes boolean. */
type Widened<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends boolean ? boolean : P[K] extends number ? number : P[K] extends string ? string : readonly number[];
};

type Batch<C extends ColumnTypes> = { readonly [K in keyof C]: ColumnOf<C[K]> };

/**
 * The entries at hand: `events.lep_pt.values`, `events.lep_pt.offsets` and so on for each declared column, and under `mc`
 * the columns that only simulation has: undefined means that these entries are data.
 */
export type Events<C extends ColumnTypes, M extends ColumnTypes> = Batch<C> & { readonly entries: number; readonly mc?: Batch<M> };

/** The histograms to fill, and `cutFlow`: `out.cutFlow.fill(step, weight)` with the step's index. */
export type Output<H extends string = string> = Readonly<Record<H, Histogram>> & { readonly cutFlow: Histogram };

/**
 * A first selection by a few columns. The other columns are read only for entries that it keeps, and where it keeps none for
 * long, they are not fetched at all: worth it for selections that few entries pass.
 */
export interface Preselection<
  C extends ColumnTypes,
  M extends ColumnTypes,
  P extends Parameters,
  H extends string,
  K extends keyof C & string,
> {
  /** What it looks at, of `columns`. The columns of `mcColumns` are there as well: weights of the cut flow. */
  readonly columns: readonly K[];
  /**
   * Sets `keep[entry] = 1` for the entries that `process` is to see, and fills `out` (its cut flow, mostly) for those that it is
   * not: each entry is seen by one of the two in the end. `keep` is all 0 at first. Rules as for `process`.
   */
  select(events: Events<Pick<C, K>, M>, keep: Uint8Array, out: Output<H>, parameters: Widened<P>): void;
}

/** What `defineAnalysis` takes. */
export interface AnalysisDefinition<
  C extends ColumnTypes,
  M extends ColumnTypes,
  P extends Parameters,
  H extends string,
  K extends keyof C & string,
> {
  /** Short and unique: letters, digits and `-`. */
  readonly name: string;
  readonly title: string;
  /** Name of the tree, with its directory where it is in one: `nominal/events`. */
  readonly tree: string;
  /** Columns to read from every file, by branch name. `entries` and `mc` cannot be names. */
  readonly columns: C;
  /** Columns to read from simulated files only: weights. */
  readonly mcColumns?: M;
  /** Names and defaults of what a run may change: cuts, numbers of bins. */
  readonly parameters?: P;
  /** The histograms, for given parameters. `cutFlow` cannot be a name. */
  readonly histograms: (parameters: Widened<P>) => Readonly<Record<H, HistogramDeclaration>>;
  /** Steps of the cut flow in order; the first is usually `all`. */
  readonly cutFlow: readonly string[];
  /** For yields and significance in the report. */
  readonly signalWindow?: SignalWindow<NoInfer<H>>;
  /** Without it `process` sees all entries. */
  readonly preselect?: Preselection<C, M, P, H, K>;
  /**
   * Fills `out` from the entries 0 to `events.entries - 1`. Must not keep state between calls nor depend on the entries
   * around: a run cuts files anywhere, and the result has to be the same.
   */
  process(events: Events<C, M>, out: Output<H>, parameters: Widened<P>): void;
}

/** An analysis whose column, parameter and histogram names are known at run time only; made by `defineAnalysis`. */
export interface Analysis {
  readonly name: string;
  readonly title: string;
  readonly tree: string;
  readonly columns: ColumnTypes;
  readonly mcColumns: ColumnTypes;
  readonly parameters: Parameters;
  histograms(parameters: Parameters): Readonly<Record<string, HistogramDeclaration>>;
  readonly cutFlow: readonly string[];
  readonly signalWindow?: SignalWindow;
  readonly preselect?: AnyPreselection;
  process(events: AnyEvents, out: Output, parameters: Parameters): void;
}

/** `Preselection` of an analysis that is known at run time only. */
export interface AnyPreselection {
  readonly columns: readonly string[];
  select(events: AnyEvents, keep: Uint8Array, out: Output, parameters: Parameters): void;
}

/** `Events` of an analysis that is known at run time only. */
export interface AnyEvents {
  readonly entries: number;
  readonly mc?: Readonly<Record<string, unknown>>;
  readonly [column: string]: unknown;
}

/**
 * Declares an analysis. Column types give TypeScript the arrays in `process`: `'f32[]'` makes `events.lep_pt.values` a
 * Float32Array and `events.lep_pt.offsets` an Int32Array.
 * @throws ConfigError that lists everything that is wrong with the declaration
 *
 * @example
 * export const analysis = defineAnalysis({
 *   name: 'met', title: 'Missing energy', tree: 'mini',
 *   columns: { met_et: 'f32' },
 *   parameters: { bins: 50 },
 *   histograms: ({ bins }) => ({ met: { title: 'Missing energy', axes: [regular(bins, 0, 200, { name: 'met', unit: 'GeV' })] } }),
 *   cutFlow: ['all'],
 *   process({ entries, met_et }, out) {
 *     for (let entry = 0; entry < entries; entry++) {
 *       out.cutFlow.fill(0);
 *       out.met.fill(met_et.values[entry]! / 1000);
 *     }
 *   },
 * });
 */
export function defineAnalysis<
  const C extends ColumnTypes,
  P extends Parameters,
  H extends string,
  const M extends ColumnTypes = Record<never, never>,
  K extends keyof C & string = never,
>(definition: AnalysisDefinition<C, M, P, H, K>): Analysis {
  return checkAnalysis(definition);
}
