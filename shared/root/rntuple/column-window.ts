/** Elements [from, to) of one column of one cluster: which pages they are on, and their numbers. */
import { RootFormatError, UnsupportedError } from '../../errors.ts';
import { createElements, type ElementArray, type ElementType } from '../column-type.ts';
import { decodeIndexPage, decodePage, knownEncoding } from './encodings.ts';
import type { ColumnChoice } from './field-plan.ts';
import type { Cluster, ColumnRange, PageRef } from './page-list.ts';
import type { ColumnRecord } from './schema.ts';

const NOTHING: ColumnRange = { pages: [], elements: 0, suppressed: false };

/** A run of elements that is to be read. */
export interface ColumnWindow {
  readonly column: ColumnRecord;
  readonly from: number;
  readonly to: number;
  /** Pages that hold elements of the window, each with the place of its first one. */
  readonly pages: readonly { readonly page: PageRef; readonly first: number }[];
}

/** How many elements a column has in a cluster, as far as is known; `late` where a late column may have fewer. */
export interface Expected {
  readonly total: number | undefined;
  readonly late: boolean;
}

/** Plans a window. @throws RootFormatError where the column has more or fewer elements than it must have */
export function planWindow(choice: ColumnChoice, { columns }: Cluster, from: number, to: number, { total, late }: Expected): ColumnWindow {
  const column = choice.find(({ id }) => columns[id]?.suppressed === false) ?? (choice[0] as ColumnRecord);
  const range = columns[column.id] ?? NOTHING;
  const zeros = late && column.deferred && total !== undefined ? Math.max(total - range.elements, 0) : 0;
  const elements = zeros + range.elements;
  if (to > elements || (total !== undefined && total !== elements))
    throw new RootFormatError(`a cluster has ${range.elements} elements of column ${column.id}, not ${total ?? to}`);
  const pages: { page: PageRef; first: number }[] = [];
  // Elements in front of the first page are zeros: the column was added later.
  let first = zeros;
  for (const page of range.pages) {
    if (first < to && first + page.elements > from) pages.push({ page, first });
    first += page.elements;
  }
  return { column, from, to, pages };
}

/** The stored, checked and decompressed bytes of a page that was planned. */
export type PageBytes = (page: PageRef, column: ColumnRecord) => Promise<Uint8Array>;

/** The numbers of a window. */
export function readWindow(window: ColumnWindow, element: ElementType, bytesOf: PageBytes): Promise<ElementArray> {
  const { column } = window;
  return readPages(window, element, bytesOf, (bytes, count, out, at) => decodePage(column, bytes, count, element, out, at));
}

/** Where the lists end whose elements the window's are. */
export function readIndexWindow(window: ColumnWindow, bytesOf: PageBytes): Promise<Float64Array> {
  const { column } = window;
  return readPages(window, 'f64', bytesOf, (bytes, count, out, at) => decodeIndexPage(column, bytes, count, out, at));
}

/** `decode` puts the `count` elements of a page into `out`, from `at` on. */
async function readPages<E extends ElementType>(
  { column, from, to, pages }: ColumnWindow,
  element: E,
  bytesOf: PageBytes,
  decode: (bytes: Uint8Array, count: number, out: ElementArray<E>, at: number) => void,
): Promise<ElementArray<E>> {
  knownEncoding(column);
  const whole = await Promise.all(pages.map(({ page }) => bytesOf(page, column)));
  const values = createElements(element, to - from);
  pages.forEach(({ page: { elements }, first }, i) => {
    const bytes = whole[i] as Uint8Array;
    if (first >= from && first + elements <= to) {
      decode(bytes, elements, values, first - from);
      return;
    }
    const all = createElements(element, elements);
    decode(bytes, elements, all, 0);
    copyElements(all, Math.max(from - first, 0), Math.min(to - first, elements), values, Math.max(first - from, 0));
  });
  return values;
}

/** Copies elements [from, to) of an array to a place in another of the same type. */
export function copyElements(source: ElementArray, from: number, to: number, target: ElementArray, at: number): void {
  // The types agree by construction; TypeScript cannot see that of two unions.
  (target as Uint8Array).set(source.subarray(from, to) as Uint8Array, at);
}

/**
 * Offsets of lists, from 0 on, out of where they end; `before` is where the one in front of the first ends.
 * @throws RootFormatError where a list ends before it begins
 */
export function offsetsOf(ends: Float64Array, before: number): Int32Array {
  const offsets = new Int32Array(ends.length + 1);
  let last = before;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i]!;
    if (!(end >= last)) throw new RootFormatError(`a list ends at ${end}, before it begins at ${last}`);
    last = end;
    offsets[i + 1] = end - before;
  }
  if (last - before > 0x7fffffff)
    throw new UnsupportedError(`${last - before} values of lists at once`, { hint: 'Read in smaller batches.' });
  return offsets;
}
