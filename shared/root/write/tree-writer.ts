import { ConfigError } from '../../errors.ts';
import { type BranchSpec, BranchWriter, type FinishedBasket, type WritableColumn } from './branch-writer.ts';
import type { RootFileWriter } from './file-writer.ts';
import { type BranchTotals, branchObject, treeObject } from './tree-objects.ts';

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

  /** @throws ConfigError where two branches have one name, a type cannot be written, or clusters have no entries */
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
    this.#totals = branches.map(() => ({ baskets: [], totBytes: 0, zipBytes: 0 }));
  }

  /** Entries appended so far. */
  get entries(): number {
    return this.#entries;
  }

  /**
   * Appends `count` entries; each branch takes its column from entry 0 on.
   * @throws ConfigError where a branch has no column, or one that is too short
   */
  append(columns: Readonly<Record<string, WritableColumn>>, count: number): void {
    const aligned = this.#branches.map((branch) => checkedColumn(branch, columns[branch.spec.name], count));
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
    const branches = this.#branches.map((branch) => branchObject(branch, this.#totals[branch.index]!, this.#entries, setting));
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

function checkedColumn({ spec, isVector }: BranchWriter, column: WritableColumn | undefined, count: number): WritableColumn {
  if (column === undefined) throw new ConfigError('the branch has no column', { object: spec.name });
  const { values, offsets } = column;
  const needed = isVector ? (offsets?.[count] ?? Number.NaN) : count;
  if (!(values.length >= needed) || (isVector && offsets?.[0] !== 0)) {
    throw new ConfigError(`the column does not hold ${count} entries of ${spec.type}`, { object: spec.name });
  }
  return column;
}
