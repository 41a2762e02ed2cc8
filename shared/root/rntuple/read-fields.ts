/** Reads fields, in whatever lists and arrays they are, some entries at a time. */
import { UnsupportedError } from '../../errors.ts';
import { createElements, type ElementArray, type ElementType } from '../column-type.ts';
import { type ColumnWindow, copyElements, offsetsOf, planWindow, readIndexWindow, readWindow } from './column-window.ts';
import { columnsOf, type FieldPlan } from './field-plan.ts';
import type { Cluster, PageRef } from './page-list.ts';
import { PageStore } from './page-store.ts';
import type { Rntuple } from './rntuple.ts';
import { type ClusterPart, planSteps, type Step } from './steps.ts';

/** One step from an entry to its values: a list, by offsets from 0 on, or always `size` of what comes next. */
export type NestedLevel = { readonly kind: 'list'; readonly offsets: Int32Array } | { readonly kind: 'fixed'; readonly size: number };

/** Values of a field, the innermost in a row, with the lists and arrays around them, the outermost first. */
export interface NestedColumn {
  readonly element: ElementType;
  /** True where the innermost lists are UTF-8 texts. */
  readonly text: boolean;
  readonly values: ElementArray;
  readonly levels: readonly NestedLevel[];
}

export interface NestedBatch {
  readonly from: number;
  readonly to: number;
  /** In the order asked for. */
  readonly columns: readonly NestedColumn[];
}

/** Which entries are read, and about how many bytes of memory a batch takes. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
  readonly batchBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** Reads fields batch by batch; the next batch is fetched while one is worked on. Errors name the RNTuple. */
export async function* readFields(rntuple: Rntuple, plans: readonly FieldPlan[], range: EntryRange): AsyncGenerator<NestedBatch> {
  const { file, path, clusters } = rntuple;
  const steps = planSteps(plans, clusters, range.from, range.to, range.batchBytes);
  const readNext = () => {
    const step = steps.next().value;
    if (step === undefined) return undefined;
    const columns = file.within(path, () => readStep(rntuple, plans, step, range.signal));
    columns.catch(() => {}); // it is awaited in the next round, or not wanted any more
    return { step, columns };
  };
  let reading = readNext();
  try {
    while (reading !== undefined) {
      const { step } = reading;
      const columns = await reading.columns;
      reading = readNext();
      yield { ...entriesOf(step), columns };
    }
  } finally {
    await reading?.columns.catch(() => {});
  }
}

function entriesOf(step: Step): { from: number; to: number } {
  const [first, last] = [step[0] as ClusterPart, step.at(-1) as ClusterPart];
  return { from: first.cluster.firstEntry + first.from, to: last.cluster.firstEntry + last.to };
}

async function readStep(
  { file, xxh3 }: Rntuple,
  plans: readonly FieldPlan[],
  step: Step,
  signal: AbortSignal | undefined,
): Promise<NestedColumn[]> {
  const pages = new PageStore(file.source, xxh3, signal);
  const whole = step.filter(({ cluster, from, to }) => from === 0 && to === cluster.entries);
  await pages.load(whole.flatMap(({ cluster }) => allPages(plans, cluster)));
  const parts: NestedColumn[][] = [];
  for (const part of step) parts.push(await new PartReader(plans, part, pages).read());
  const joined: JoinedArrays = new Map();
  return plans.map((_, column) =>
    joinColumns(
      parts.map((part) => part[column] as NestedColumn),
      joined,
    ),
  );
}

function allPages(plans: readonly FieldPlan[], { columns }: Cluster): PageRef[] {
  return plans.flatMap((plan) => columnsOf(plan).flatMap((choice) => choice.flatMap(({ id }) => columns[id]?.pages ?? [])));
}

/** Where the reading of a field has got to on its way from the entries to the values. */
interface Progress {
  readonly plan: FieldPlan;
  readonly levels: NestedLevel[];
  /** Elements of the next level. */
  from: number;
  to: number;
  /** How many there are in the cluster; undefined where the part at hand does not say. */
  total: number | undefined;
  /** True behind the first list. */
  listed: boolean;
}

/** Reads all fields of a part of a cluster, level by level: what one level says, tells what is needed of the next. */
class PartReader {
  readonly #cluster: Cluster;
  readonly #pages: PageStore;
  readonly #fields: readonly Progress[];
  /** Fields of one collection have its index in common, and projected fields all they have. */
  readonly #done = new Map<string, Promise<unknown>>();

  constructor(plans: readonly FieldPlan[], { cluster, from, to }: ClusterPart, pages: PageStore) {
    this.#cluster = cluster;
    this.#pages = pages;
    this.#fields = plans.map((plan) => ({ plan, levels: [], from, to, total: cluster.entries, listed: false }));
  }

  async read(): Promise<NestedColumn[]> {
    const depth = Math.max(0, ...this.#fields.map(({ plan }) => plan.levels.length));
    for (let level = 0; level < depth; level++) await this.#readLevel(level);
    const windows = this.#fields.map((field) => this.#valueWindow(field));
    await this.#load(windows);
    return Promise.all(this.#fields.map((field, i) => this.#readValues(field, windows[i] as ColumnWindow)));
  }

  #load(windows: readonly (ColumnWindow | undefined)[]): Promise<void> {
    return this.#pages.load(windows.flatMap((window) => window?.pages.map(({ page }) => page) ?? []));
  }

  async #readLevel(level: number): Promise<void> {
    const windows = this.#fields.map((field) => this.#indexWindow(field, level));
    await this.#load(windows);
    for (const [i, field] of this.#fields.entries()) {
      const plan = field.plan.levels[level];
      const window = windows[i];
      if (plan?.kind === 'fixed') multiply(field, plan.size);
      else if (window !== undefined) await this.#enterList(field, window);
    }
  }

  #indexWindow(field: Progress, level: number): ColumnWindow | undefined {
    const plan = field.plan.levels[level];
    return plan?.kind === 'list' ? this.#endsWindow(field, plan.index) : undefined;
  }

  /** Ends of lists, with the one in front of them, where the first begins. */
  #endsWindow({ from, to, total, listed }: Progress, index: FieldPlan['values']): ColumnWindow {
    return planWindow(index, this.#cluster, Math.max(from - 1, 0), to, { total, late: !listed });
  }

  #valueWindow(field: Progress): ColumnWindow {
    const { plan, from, to, total, listed } = field;
    return plan.lengths ? this.#endsWindow(field, plan.values) : planWindow(plan.values, this.#cluster, from, to, { total, late: !listed });
  }

  async #enterList(field: Progress, window: ColumnWindow): Promise<void> {
    const last = field.to === field.total;
    const { offsets, before } = await this.#readOffsets(field, window);
    field.levels.push({ kind: 'list', offsets });
    field.from = before;
    field.to = before + (offsets.at(-1) ?? 0);
    field.total = last ? field.to : undefined;
    field.listed = true;
  }

  #readOffsets({ from, to }: Progress, window: ColumnWindow): Promise<{ offsets: Int32Array; before: number }> {
    return this.#once(`offsets ${window.column.id} ${from} ${to}`, async () => {
      const ends = await readIndexWindow(window, this.#pages.bytesOf);
      const before = from === 0 ? 0 : (ends[0] ?? 0);
      return { offsets: offsetsOf(from === 0 ? ends : ends.subarray(1), before), before };
    });
  }

  async #readValues(field: Progress, window: ColumnWindow): Promise<NestedColumn> {
    const { plan, levels, from, to } = field;
    const { element, text, lengths } = plan;
    const values = await this.#once(`${element} ${lengths} ${window.column.id} ${from} ${to}`, async () => {
      if (!lengths) return readWindow(window, element, this.#pages.bytesOf);
      const { offsets } = await this.#readOffsets(field, window);
      return listLengths(offsets, element);
    });
    return { element, text, values, levels };
  }

  #once<T>(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.#done.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const reading = read();
    this.#done.set(key, reading);
    return reading;
  }
}

function multiply(field: Progress, size: number): void {
  field.levels.push({ kind: 'fixed', size });
  field.from *= size;
  field.to *= size;
  if (field.total !== undefined) field.total *= size;
}

function listLengths(offsets: Int32Array, element: ElementType): ElementArray {
  const lengths = createElements(element, offsets.length - 1);
  const large = lengths instanceof BigInt64Array || lengths instanceof BigUint64Array;
  for (let i = 0; i < lengths.length; i++) {
    const length = (offsets[i + 1] as number) - (offsets[i] as number);
    lengths[i] = large ? BigInt(length) : length;
  }
  return lengths;
}

/** Joined arrays by their first parts: what columns share in each part, they share in the whole. */
type JoinedArrays = Map<ElementArray, ElementArray>;

/** Columns of consecutive entries as one. */
function joinColumns(parts: readonly NestedColumn[], joined: JoinedArrays): NestedColumn {
  const [first] = parts as [NestedColumn];
  if (parts.length === 1) return first;
  const once = <A extends ElementArray>(array: A, join: () => A): A => {
    const known = (joined.get(array) as A | undefined) ?? join();
    joined.set(array, known);
    return known;
  };
  const levels = first.levels.map((level, depth): NestedLevel => {
    if (level.kind === 'fixed') return level;
    const own = () => joinOffsets(parts.map((part) => (part.levels[depth] as typeof level).offsets));
    return { kind: 'list', offsets: once(level.offsets, own) };
  });
  return { ...first, values: once(first.values, () => joinValues(first.element, parts)), levels };
}

function joinValues(element: ElementType, parts: readonly NestedColumn[]): ElementArray {
  const length = parts.reduce((sum, { values }) => sum + values.length, 0);
  if (length > 0x7fffffff) throw new UnsupportedError(`${length} values at once`, { hint: 'Read in smaller batches.' });
  const values = createElements(element, length);
  let at = 0;
  for (const part of parts) {
    copyElements(part.values, 0, part.values.length, values, at);
    at += part.values.length;
  }
  return values;
}

function joinOffsets(parts: readonly Int32Array[]): Int32Array {
  const offsets = new Int32Array(parts.reduce((sum, part) => sum + part.length - 1, 1));
  let at = 0;
  for (const part of parts) {
    const shift = offsets[at] as number;
    for (let i = 1; i < part.length; i++) offsets[at + i] = (part[i] as number) + shift;
    at += part.length - 1;
  }
  return offsets;
}
