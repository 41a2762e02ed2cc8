/** Columns that a file stores as another type than the analysis declares: releases differ in `int` and `unsigned int`. */
import {
  type Column,
  type ColumnType,
  createElements,
  type ElementArray,
  type ElementType,
  parseColumnType,
} from '#shared/root/column-type.ts';
import { AnalysisError } from '../errors.ts';

const INTEGERS: readonly ElementType[] = ['i8', 'u8', 'i16', 'u16', 'i32', 'u32'];

/** Types that a column may be stored as, besides the declared one. Integers convert value by value, if each fits. */
const SOURCES: Readonly<Partial<Record<ElementType, readonly ElementType[]>>> = {
  ...Object.fromEntries(INTEGERS.map((type) => [type, INTEGERS])),
  f32: ['i8', 'u8', 'i16', 'u16'],
  f64: ['f32', ...INTEGERS],
};

/**
 * True if values stored as `stored` can be handed out as `declared` without loss: the same shape, and a type that holds
 * the same numbers (or, among integers, may hold them: `convertColumn` looks at each).
 */
export function isConvertible(stored: ColumnType, declared: ColumnType): boolean {
  if (stored === declared) return true;
  const from = parseColumnType(stored);
  const to = parseColumnType(declared);
  const sameShape =
    from.text === to.text && from.levels.length === to.levels.length && from.levels.every((level, i) => level === to.levels[i]);
  return sameShape && (from.element === to.element || (SOURCES[to.element]?.includes(from.element) ?? false));
}

/**
 * The column as the declared type; the same object where it is that already.
 * @throws AnalysisError if the types do not convert, or a value does not fit
 */
export function convertColumn(name: string, column: Column, declared: ColumnType): Column {
  if (column.type === declared) return column;
  if (!isConvertible(column.type, declared)) {
    const hint = `Declare \`${name}: '${column.type}'\`.`;
    throw new AnalysisError(`the column is ${column.type} in the file, and declared as ${declared}`, { object: name, hint });
  }
  const from = column.values as ElementArray<'i32'>;
  const values = createElements(parseColumnType(declared).element, from.length) as ElementArray<'i32'>;
  values.set(from);
  const wrong = from.findIndex((value, i) => value !== values[i] && !Number.isNaN(value));
  if (wrong === -1) return { ...column, type: declared, values };
  throw new AnalysisError(`the value ${from[wrong]} does not fit: the column is ${column.type} in the file, and declared as ${declared}`, {
    object: name,
  });
}
