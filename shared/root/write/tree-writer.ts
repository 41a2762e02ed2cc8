import { ConfigError } from '../../errors.ts';
import { type BranchSpec, BranchWriter, type FinishedBasket, type WritableColumn } from './branch-writer.ts';
import type { RootFileWriter } from './file-writer.ts';
import type { RootObject } from './object-writer.ts';
import { type BranchTotals, branchObject, leafOf, treeObject } from './tree-objects.ts';

export interface TreeOptions {
  readonly name: string;
  readonly title?: string;
  readonly branches: readonly BranchSpec[];
  /** Entries of a cluster: all branches end their baskets there. */
  readonly clusterEntries: number;
  /** Size of a basket in the first cluster; later ones hold a cluster each. ROOT's default is 32000. */
  readonly basketBytes?: number;
}

const DEFAULT_BASKET_BYTES = 32_000;

/** Writes one tree into a file: entries by the batch, the tree itself at `close`. Holds no more than one cluster. */
export class TreeWriter {
  readonly #file: RootFileWriter;
  readonly #options: TreeOptions;
  readonly #branches: readonly BranchWriter[];
  readonly #totals: readonly BranchTotals[];
  #pending: FinishedBasket[] = [];
  #entries = 0;
  #grown = false;

  /** @throws ConfigError where two branches have one name, a type cannot be written, a counter is missing, or clusters have no entries */
  constructor(file: RootFileWriter, options: TreeOptions) {
    const { name, branches, clusterEntries, basketBytes = DEFAULT_BASKET_BYTES } = options;
    if (new Set(branches.map((branch) => branch.name)).size !== branches.length) {
      throw new ConfigError('two branches have the same name', { object: name });
    }
    if (!Number.isInteger(clusterEntries) || clusterEntries < 1) {
      throw new ConfigError(`a cluster needs a whole number of entries, not ${clusterEntries}`, { object: name });
    }
    this.#file = file;
    this.#options = options;
    this.#branches = branches.map((spec, index) => new BranchWriter(spec, index, name, basketBytes, file.compressor));
    for (const branch of this.#branches) checkCounter(branch, this.#branches);
    this.#totals = branches.map(() => ({ baskets: [], totBytes: 0, zipBytes: 0 }));
  }

  /** Entries appended so far. */
  get entries(): number {
    return this.#entries;
  }

  /**
   * Appends `count` entries; each branch takes its column from entry 0 on.
   * @throws ConfigError where a branch has no column, or one that is too short, or lists of other lengths than their counter says
   */
  append(columns: Readonly<Record<string, WritableColumn>>, count: number): void {
    const aligned = this.#branches.map((branch) => checkedColumn(branch, columns[branch.spec.name], count));
    for (const branch of this.#branches) checkCounts(branch, columns, count);
    const { clusterEntries } = this.#options;
    for (let from = 0; from < count; ) {
      const to = Math.min(count, from + clusterEntries - (this.#entries % clusterEntries));
      for (const branch of this.#branches) {
        // In range: one column a branch.
        branch.append(aligned[branch.index]!, from, to, this.#entries, (basket) => this.#pending.push(basket));
      }
      this.#entries += to - from;
      if (this.#entries % clusterEntries === 0) this.#endCluster();
      this.#writePending();
      from = to;
    }
  }

  /** Writes what is open and the tree itself. */
  close(): void {
    if (this.#entries % this.#options.clusterEntries !== 0) this.#endCluster();
    this.#writePending();
    const { name, title = '', clusterEntries } = this.#options;
    const setting = this.#file.compressor.setting;
    const branches: RootObject[] = [];
    for (const branch of this.#branches) {
      const { counter, name: branchName } = branch.spec;
      const counted = this.#branches.filter(({ spec }) => spec.counter === branchName);
      branches.push(
        branchObject(branch, {
          ...{ totals: this.#totals[branch.index]!, entries: this.#entries, compression: setting },
          // Written before: a counter stands in front of what it counts.
          counter: counter === undefined ? undefined : leafOf(branches.find(({ members }) => members['fName'] === counter)!),
          longestCounted: counted.length === 0 ? undefined : Math.max(...counted.map(({ longest }) => longest)),
        }),
      );
    }
    this.#file.writeObject(treeObject({ name, title, clusterEntries, entries: this.#entries }, branches, this.#totals), { name, title });
  }

  #endCluster(): void {
    for (const branch of this.#branches) {
      const basket = branch.flush(this.#entries);
      if (basket !== undefined) this.#pending.push(basket);
    }
    if (!this.#grown) for (const branch of this.#branches) branch.grow();
    this.#grown = true;
  }

  /** In the order in which a filling loop over entries would have written them. */
  #writePending(): void {
    const order = (a: FinishedBasket, b: FinishedBasket): number =>
      a.endEntry - b.endEntry || Number(a.flushed) - Number(b.flushed) || a.branch.index - b.branch.index;
    for (const { branch, firstEntry, extra, stored, objectLength } of this.#pending.sort(order)) {
      const text = { className: 'TBasket', name: branch.spec.name, title: this.#options.name };
      const { seek, byteLength } = this.#file.writeBasket(text, extra, stored, objectLength);
      const totals = this.#totals[branch.index]!;
      totals.baskets.push({ seek, byteLength, firstEntry });
      totals.totBytes += branch.keyBytes + objectLength;
      totals.zipBytes += byteLength;
    }
    this.#pending = [];
  }
}

/** Lists with a counter need a branch of whole numbers before them. */
function checkCounter({ spec, form, index }: BranchWriter, branches: readonly BranchWriter[]): void {
  if (spec.counter === undefined) return;
  const counter = branches.find((branch) => branch.spec.name === spec.counter);
  const what = form !== 'counted' ? `a branch of type ${spec.type} has no counter` : undefined;
  const missing = counter === undefined || counter.index > index ? `its counter \`${spec.counter}\` is no branch before it` : undefined;
  const wrong =
    counter?.form !== 'number' || !COUNTERS.has(counter.element) ? `its counter \`${spec.counter}\` is no i32 or u32` : undefined;
  const reason = what ?? missing ?? wrong;
  if (reason !== undefined) throw new ConfigError(reason, { object: spec.name });
}

/** What ROOT takes as the length of a counted leaf without loss. */
const COUNTERS: ReadonlySet<string> = new Set(['i32', 'u32']);

function checkCounts({ spec }: BranchWriter, columns: Readonly<Record<string, WritableColumn>>, count: number): void {
  if (spec.counter === undefined) return;
  const counts = columns[spec.counter]?.values;
  const offsets = columns[spec.name]?.offsets;
  if (counts === undefined || offsets === undefined) return; // told already
  for (let i = 0; i < count; i++) {
    const length = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    if (counts[i] !== length) {
      throw new ConfigError(`entry ${i} has a list of ${length}, its counter \`${spec.counter}\` says ${counts[i]}`, { object: spec.name });
    }
  }
}

function checkedColumn({ spec, form }: BranchWriter, column: WritableColumn | undefined, count: number): WritableColumn {
  if (column === undefined) throw new ConfigError('the branch has no column', { object: spec.name });
  const { values, offsets } = column;
  const isList = form !== 'number';
  const needed = isList ? (offsets?.[count] ?? Number.NaN) : count;
  if (!(values.length >= needed) || (isList && offsets?.[0] !== 0)) {
    throw new ConfigError(`the column does not hold ${count} entries of ${spec.type}`, { object: spec.name });
  }
  return column;
}
