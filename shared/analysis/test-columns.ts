/** Small hand-made columns for tests: as the reader would hand them out. */
import {
  type Column,
  type ColumnLevel,
  type ColumnType,
  createElements,
  type ElementType,
  levelsOf,
  makeColumn,
  parseColumnType,
} from '#shared/root/column-type.ts';

/** Columns by name. */
export type Columns = Record<string, Column>;

/** What an entry of a hand-made column is: a number, a text, or a list of these. */
export type Row = number | string | readonly Row[];

/** A column from rows: a value an entry, or a list an entry for jagged and fixed-size types, and lists of lists for deeper ones. */
export function columnFrom(type: ColumnType, rows: readonly Row[]): Column {
  const { element, text, levels } = parseColumnType(type);
  let items = rows;
  const steps = levels.map((level): ColumnLevel => {
    const lists = items.map((item) => (Array.isArray(item) ? (item as readonly Row[]) : [item]));
    items = lists.flat();
    return level === 'list' ? { offsets: offsetsOf(lists.map((list) => list.length)) } : { size: level };
  });
  if (!text) return makeColumn(type, numbersFrom(element, items as readonly number[]), steps);
  const bytes = (items as readonly string[]).map((item) => new TextEncoder().encode(item));
  const offsets = offsetsOf(bytes.map(({ length }) => length));
  return makeColumn(type, Uint8Array.from(bytes.flatMap((item) => [...item])), [...steps, { offsets }]);
}

function numbersFrom(element: ElementType, numbers: readonly number[]): Column['values'] {
  const values = createElements(element, numbers.length);
  for (const [i, value] of numbers.entries())
    values[i] = values instanceof BigInt64Array || values instanceof BigUint64Array ? BigInt(value) : value;
  return values;
}

function offsetsOf(lengths: readonly number[]): Int32Array {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  return offsets;
}

/** The entries `from`..`to` of columns, as a batch of their own. */
export function sliceColumns(columns: Columns, from: number, to: number): Columns {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, sliceColumn(column, from, to)]));
}

function sliceColumn(column: Column, from: number, to: number): Column {
  let [begin, end] = [from, to];
  const steps = levelsOf(column).map((level): ColumnLevel => {
    const { offsets, size } = level;
    if (offsets === undefined) {
      [begin, end] = [begin * size, end * size];
      return level;
    }
    const base = offsets[begin]!;
    const own = offsets.slice(begin, end + 1).map((offset) => offset - base);
    [begin, end] = [base, offsets[end]!];
    return { offsets: own };
  });
  return makeColumn(column.type, column.values.slice(begin, end), steps);
}

/** The same pseudo-random numbers in 0..1 for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * `entries` pseudo-random entries for any declared columns. All lists of an entry have the same length (0 to 6, mostly 2
 * or 4), and names decide the range of values, so that some entries pass every cut.
 */
export function randomColumns(types: Readonly<Record<string, ColumnType>>, entries: number, seed: number, unitsPerGeV = 1): Columns {
  const random = randomNumbers(seed);
  const lengths = Array.from({ length: entries }, () => [0, 1, 2, 2, 3, 4, 4, 4, 5, 6][Math.floor(random() * 10)]!);
  const flavours = lengths.map(() => (random() < 0.5 ? 11 : 13));
  return Object.fromEntries(
    Object.entries(types).map(([name, type]) => {
      const { element, shape, size } = parseColumnType(type);
      const value = (entry: number) => valueFor(name, element, random, flavours[entry]!, unitsPerGeV);
      const rows = lengths.map((length, entry) =>
        shape === 'scalar' ? value(entry) : Array.from({ length: shape === 'fixed' ? size! : length }, () => value(entry)),
      );
      return [name, columnFrom(type, rows)];
    }),
  );
}

function valueFor(name: string, element: string, random: () => number, flavour: number, unitsPerGeV: number): number {
  if (element === 'bool') return random() < 0.9 ? 1 : 0;
  if (/type/i.test(name)) return random() < 0.9 ? flavour : 24 - flavour;
  if (/charge/i.test(name)) return random() < 0.5 ? -1 : 1;
  if (/eta|phi/i.test(name)) return random() * 5 - 2.5;
  if (/weight|factor/i.test(name) && element === 'f32') return random() * 2 - 0.5;
  if (/sum/i.test(name)) return 1e5 + random();
  if (/mass/i.test(name)) return 0.1;
  if (/RelIso|_d(xy|z)/.test(name)) return random() * 0.45;
  if (/_e$/i.test(name)) return (50 + random() * 50) * unitsPerGeV;
  if (element === 'f32' || element === 'f64') return (10 + random() * 90) * unitsPerGeV;
  return Math.floor(random() * 100);
}
