import { createElements, type ElementArray, type ElementType, parseColumnType } from '../root/column-type.ts';
import type { BranchSpec, WritableColumn } from '../root/write/branch-writer.ts';

/** One column of a batch that is being filled. */
export class ColumnFiller {
  readonly #element: ElementType;
  readonly #offsets: Int32Array | undefined;
  #values: ElementArray;
  #length = 0;

  constructor(type: BranchSpec['type'], entries: number) {
    const { element, shape } = parseColumnType(type);
    this.#element = element;
    this.#values = createElements(element, entries);
    this.#offsets = shape === 'jagged' ? new Int32Array(entries + 1) : undefined;
  }

  /** Adds a number: the entry's only one, or one more of its list. */
  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = createElements(this.#element, Math.max(16, this.#length * 2));
      (grown as Float64Array).set(this.#values as Float64Array);
      this.#values = grown;
    }
    if (this.#values instanceof BigUint64Array) this.#values[this.#length++] = BigInt(value);
    else this.#values[this.#length++] = value;
  }

  /** Ends entry `entry` of the batch. */
  endEntry(entry: number): void {
    if (this.#offsets !== undefined) this.#offsets[entry + 1] = this.#length;
  }

  clear(): void {
    this.#length = 0;
  }

  /** The batch; overwritten by the next one. */
  get column(): WritableColumn {
    return this.#offsets === undefined ? { values: this.#values } : { values: this.#values, offsets: this.#offsets };
  }
}

/** Branches from a table with lines of a type and the names that have it. `f32[nMuon]` are lists with that branch as counter. */
export function parseBranches(table: string): BranchSpec[] {
  const lines = table.trim().split('\n');
  return lines.flatMap((line) => {
    const [text = '', ...names] = line.split(' ');
    const [, element, counter] = /^(\w+)\[(\w+)\]$/.exec(text) ?? [];
    const type = (counter === undefined ? text : `${element}[]`) as BranchSpec['type'];
    return names.map((name) => ({ name, type, ...(counter !== undefined && { counter }) }));
  });
}
