/** Bytes of baskets -> numbers of a column in the arena. */
import { RootFormatError } from '../errors.ts';
import type { Arena, ArenaPlan } from './arena.ts';
import type { Layout } from './branch-type.ts';
import { type Column, type ColumnType, type ElementArray, elementBytes, elementsAt } from './column-type.ts';
import { bigEndian, type LoadedBasket, littleEndian } from './stored-basket.ts';

/** Room behind the values, so that vectors need no special end. */
const SLACK_BYTES = 64;

/** Where the values and offsets of one column of a batch go, and how far they are filled. */
export interface ColumnPlace {
  readonly layout: Layout;
  /** Values have 2^log bytes. */
  readonly log: number;
  readonly values: number;
  readonly valuesEnd: number;
  /** Address of the offsets, of which `entries` + 1 are written; not used for fixed layouts. */
  readonly offsets: number;
  /** The column whose offsets these are: it has the same counter, and is filled first. */
  readonly leader: ColumnPlace | undefined;
  /** Entries that there is room for. */
  readonly capacity: number;
  /** Values and entries at hand. */
  length: number;
  entries: number;
}

/** Plans room for a column of `entries` entries, whose lists (if it has any) come out of baskets with `dataBytes` bytes in all. */
export function planColumn(
  plan: ArenaPlan,
  layout: Layout,
  entries: number,
  dataBytes: number,
  leader: ColumnPlace | undefined,
): ColumnPlace {
  const width = elementBytes(layout.element);
  const fixed = layout.kind === 'fixed';
  const valueBytes = (fixed ? entries * layout.size * width : dataBytes) + SLACK_BYTES;
  const values = plan.take(valueBytes);
  const offsets = leader?.offsets ?? (fixed ? 0 : plan.take((entries + 1) * 4));
  const valuesEnd = values + valueBytes;
  return { layout, log: Math.log2(width), values, valuesEnd, offsets, leader, capacity: entries, length: 0, entries: 0 };
}

/** Readies a column for its first basket, once the arena has the room. */
export function beginColumn({ bytes }: Arena, { layout, offsets, leader }: ColumnPlace): void {
  if (layout.kind !== 'fixed' && leader === undefined) bytes.fill(0, offsets, offsets + 4);
}

/**
 * Appends entries [from, to), counted from the basket's first, to a column.
 * @throws RootFormatError where lengths, headers and offsets contradict each other
 */
export function appendEntries(arena: Arena, basket: LoadedBasket, from: number, to: number, into: ColumnPlace): void {
  if (from >= to) return;
  if (to - from > into.capacity - into.entries) throw new RootFormatError(`its baskets hold entry ${basket.firstEntry + from} twice`);
  if (into.layout.kind === 'fixed') appendFixed(arena, basket, from, to, into);
  else if (into.leader !== undefined) appendCounted(arena, basket, into, into.leader);
  else if (basket.table === undefined) appendVectors(arena, basket, into);
  else appendLists(arena, basket, from, to, into);
  into.entries += to - from;
}

/** Appends entries that nobody looks at: zeros, or empty lists. */
export function appendBlanks({ bytes }: Arena, entries: number, into: ColumnPlace): void {
  if (entries > into.capacity - into.entries) throw new RootFormatError('its baskets hold more entries than there are');
  if (into.layout.kind === 'fixed') {
    const at = into.values + into.length * 2 ** into.log;
    bytes.fill(0, at, at + entries * into.layout.size * 2 ** into.log);
    into.length += entries * into.layout.size;
  } else {
    new Int32Array(bytes.buffer, into.offsets + 4 * (into.entries + 1), entries).fill(into.length);
  }
  into.entries += entries;
}

function appendFixed({ kernels }: Arena, basket: LoadedBasket, from: number, to: number, into: ColumnPlace): void {
  const { size } = into.layout;
  const entryBytes = size << into.log;
  kernels.swapCopy(basket.data + from * entryBytes, into.values + (into.length << into.log), (to - from) * entryBytes, into.log);
  into.length += (to - from) * size;
}

/** All of a basket whose lists are as long as those of another column, which has these entries already. */
function appendCounted(arena: Arena, basket: LoadedBasket, into: ColumnPlace, { entries, offsets }: ColumnPlace): void {
  const { data, dataBytes, firstEntry, endEntry } = basket;
  const end = into.entries + endEntry - firstEntry;
  const length = end > entries ? 0 : littleEndian(arena, offsets + 4 * end) - littleEndian(arena, offsets + 4 * into.entries);
  const bytes = length * 2 ** into.log;
  if (end > entries || bytes !== dataBytes)
    throw new RootFormatError(`entries ${firstEntry}..${endEntry} are counted to have ${bytes} bytes, and have ${dataBytes}`);
  arena.kernels.swapCopy(data, into.values + into.length * 2 ** into.log, bytes, into.log);
  into.length += length;
}

/** All of a basket of vectors, whose headers say where the next one begins. */
function appendVectors({ kernels }: Arena, { data, dataBytes, firstEntry, endEntry }: LoadedBasket, into: ColumnPlace): void {
  const { log, length, valuesEnd } = into;
  const offsets = into.offsets + 4 * (into.entries + 1);
  const values = into.values + length * 2 ** log;
  const appended = kernels.vectors(data, data + dataBytes, endEntry - firstEntry, log, values, valuesEnd, offsets, length);
  if (appended < 0) throw new RootFormatError(`the list of entry ${firstEntry + ~appended} contradicts its length or its place`);
  into.length += appended;
}

function appendLists(arena: Arena, basket: LoadedBasket, from: number, to: number, into: ColumnPlace): void {
  const { kernels } = arena;
  const { data, dataBytes, table, shift, firstEntry, endEntry } = basket;
  if (table === undefined) throw new RootFormatError('the basket does not say where its entries start');
  const startOf = (entry: number) => bigEndian(arena, table + 4 * entry) - shift;
  const begin = from === 0 ? 0 : startOf(from);
  const end = to === endEntry - firstEntry ? dataBytes : startOf(to);
  if (!(begin >= 0 && begin <= end && end <= dataBytes)) {
    throw new RootFormatError(`entries ${firstEntry + from}..${firstEntry + to} stand at bytes ${begin}..${end} of ${dataBytes}`);
  }
  const { kind, headerBytes: header } = into.layout;
  const { log, valuesEnd, length } = into;
  const values = into.values + length * 2 ** log;
  const offsets = into.offsets + 4 * (into.entries + 1);
  const starts = table + 4 * from;
  const vectors = kind === 'vector';
  const bytes = end - begin;
  if (bytes > valuesEnd - values) throw new RootFormatError(`its lists take more than ${valuesEnd - into.values} bytes`);
  const appended =
    header === 0
      ? kernels.counted(starts, to - from, shift + begin, bytes, log, offsets, length)
      : kernels.lists(data + begin, data + end, starts, to - from, shift + begin, header, vectors, log, values, valuesEnd, offsets, length);
  if (appended < 0) throw new RootFormatError(`the list of entry ${firstEntry + from + ~appended} contradicts its length or its place`);
  if (header === 0) kernels.swapCopy(data + begin, values, bytes, log);
  into.length += appended;
}

/** A filled column with its name and type. */
export interface FilledColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly place: ColumnPlace;
}

/**
 * The columns as views of the arena: made when all are filled, void when the arena is used again. Lists that belong together
 * have the same offsets: these columns get one array for all, which tells whoever asks at once.
 */
export function viewColumns(arena: Arena, filled: readonly FilledColumn[]): Record<string, Column> {
  const columns: Record<string, Column> = {};
  for (const [i, { name, type, place }] of filled.entries()) {
    const twin = filled.slice(0, i).find((other) => haveSameOffsets(arena, other.place, place));
    const { offsets } = (twin === undefined ? undefined : columns[twin.name]) ?? {};
    columns[name] = { ...viewColumn(arena, type, place), ...(offsets && { offsets }) };
  }
  return columns;
}

function haveSameOffsets({ kernels }: Arena, a: ColumnPlace, b: ColumnPlace): boolean {
  if (b.leader === a && b.entries === a.entries) return true;
  if (a.layout.kind === 'fixed' || b.layout.kind === 'fixed' || a.length !== b.length || a.entries !== b.entries) return false;
  return Boolean(kernels.sameBytes(a.offsets, b.offsets, 4 * (a.entries + 1)));
}

function viewColumn({ bytes: { buffer } }: Arena, type: ColumnType, { layout, values, offsets, length, entries }: ColumnPlace): Column {
  const own: ElementArray = elementsAt(layout.element, buffer, values, length);
  if (layout.kind !== 'fixed') return { type, values: own, offsets: new Int32Array(buffer, offsets, entries + 1) };
  return layout.size === 1 ? { type, values: own } : { type, values: own, size: layout.size };
}
