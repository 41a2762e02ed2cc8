/** One basket of a batch, wherever its bytes come from: a record of the file, the tree's own record, or the batch before. */
import { CodecError, RootFormatError } from '../errors.ts';
import type { Arena } from './arena.ts';
import { type BasketHeader, type EmbeddedBasket, parseBasketHeader } from './basket.ts';
import type { Verify } from './codecs/codec.ts';
import { decompressInto, prepareRecord, type StoredRecord } from './compression.ts';
import { Cursor } from './cursor.ts';
import type { BasketRef } from './tree.ts';

/** A basket whose place and lengths are known and checked against each other; its bytes are not decompressed yet. */
export interface StoredBasket {
  readonly firstEntry: number;
  readonly endEntry: number;
  /** Either as it stands in the file, or decompressed. */
  readonly record: StoredRecord;
  /** Bytes of the entries; behind them may be the table of where each entry starts. */
  readonly dataBytes: number;
  /** Bytes of the key in front of it: the record's table and pointers count them. */
  readonly keyLength: number;
  /** Big-endian starts of the entries, where the record holds no table. */
  readonly ownTable: Uint8Array | undefined;
}

/** Addresses for one basket at a time, as stored and as decompressed, and how it is verified. */
export interface BasketPlaces {
  readonly scratch: number;
  readonly payload: number;
  readonly verify: Verify;
}

/** Where a basket is in the arena once it is decompressed. */
export interface LoadedBasket {
  readonly data: number;
  readonly dataBytes: number;
  /** Address of the table of starts; undefined where there is none. */
  readonly table: number | undefined;
  /** How much too high the numbers in the table are. */
  readonly shift: number;
  readonly firstEntry: number;
  readonly endEntry: number;
}

/** Reads how many items entries [from, to) have, from the branch that counts them. */
export type ReadCounts = (counter: string, from: number, to: number) => Promise<Int32Array>;

/**
 * Describes a basket; `bytes` is undefined for an embedded one.
 * @throws RootFormatError and CodecError where its header cannot be true
 */
export function describeBasket(ref: BasketRef, bytes: Uint8Array | undefined): StoredBasket {
  if (ref.embedded !== undefined) return describeEmbedded(ref, ref.embedded);
  if (bytes === undefined) throw new RootFormatError('a basket was not fetched', { offset: ref.seek });
  return describeStored(ref, bytes);
}

function describeStored(ref: BasketRef, bytes: Uint8Array): StoredBasket {
  const { firstEntry, endEntry, seek } = ref;
  const header = parseBasketHeader(new Cursor(bytes, seek));
  const { keyLength, objectLength, nbytes } = header.key;
  checkHeader(header, bytes.length, ref);
  const dataBytes = header.last - keyLength;
  if (dataBytes > objectLength) throw new CodecError(`entries end ${dataBytes - objectLength} bytes behind the basket`, { offset: seek });
  const record = { bytes: bytes.subarray(keyLength, nbytes), length: objectLength, origin: seek + keyLength };
  return { firstEntry, endEntry, record, dataBytes, keyLength, ownTable: undefined };
}

function checkHeader({ entries, key }: BasketHeader, length: number, { firstEntry, endEntry, seek }: BasketRef): void {
  if (key.nbytes > length) throw new RootFormatError(`a basket of ${key.nbytes} bytes where the tree says ${length}`, { offset: seek });
  if (key.nbytes < key.keyLength || key.objectLength < 0) throw new RootFormatError('a basket shorter than its key', { offset: seek });
  if (entries === endEntry - firstEntry) return;
  throw new RootFormatError(`a basket of ${entries} entries where the tree says ${endEntry - firstEntry}`, { offset: seek });
}

function describeEmbedded({ firstEntry, endEntry }: BasketRef, { header, data, entryOffsets }: EmbeddedBasket): StoredBasket {
  const { keyLength } = header.key;
  const entries = endEntry - firstEntry;
  if (entryOffsets.length > 0 && entryOffsets.length < entries)
    throw new RootFormatError(`a basket of ${entries} entries says where ${entryOffsets.length} of them start`);
  const record = { bytes: data, length: data.length, origin: 0 };
  const basket = { firstEntry, endEntry, record, dataBytes: data.length, keyLength, ownTable: undefined };
  return entryOffsets.length === 0 ? basket : withStarts(basket, entryOffsets);
}

/**
 * A basket that does not say where its entries start (ROOT's kGenerateOffsetMap), with a table of it: they have as many items of
 * `itemBytes` each as branch `counter` says. Its record is prepared.
 * @throws RootFormatError where they do not take the bytes that there are
 */
export async function countBasket(
  basket: StoredBasket,
  counter: string | undefined,
  itemBytes: number,
  readCounts: ReadCounts,
): Promise<StoredBasket> {
  if (counter === undefined) throw new RootFormatError('a basket stores no entry offsets, and no branch counts them');
  await prepareRecord(basket.record);
  const counts = await readCounts(counter, basket.firstEntry, basket.endEntry);
  return withStarts(basket, countedStarts(counts, itemBytes, basket.dataBytes));
}

function countedStarts(counts: Int32Array, itemBytes: number, dataBytes: number): Int32Array {
  const starts = new Int32Array(counts.length);
  let end = 0;
  for (const [i, count] of counts.entries()) {
    starts[i] = end;
    end += count * itemBytes;
  }
  if (end !== dataBytes) throw new RootFormatError(`the counts ask for ${end} bytes of a basket of ${dataBytes}`);
  return starts;
}

function withStarts(basket: StoredBasket, starts: Int32Array): StoredBasket {
  const ownTable = new Uint8Array(4 * starts.length);
  const view = new DataView(ownTable.buffer);
  for (const [i, start] of starts.entries()) view.setInt32(4 * i, start);
  return { ...basket, ownTable };
}

/** True where a basket says where each of its entries starts. */
export function hasTable({ record, dataBytes, ownTable }: StoredBasket): boolean {
  return ownTable !== undefined || record.length > dataBytes;
}

/** Bytes of the table of starts, with the number in front of it where it has one. */
export function tableBytes({ record, dataBytes, ownTable }: StoredBasket): number {
  return ownTable?.length ?? record.length - dataBytes;
}

/** Bytes of a basket once it is decompressed, table included. */
export function loadedBytes({ record, ownTable }: StoredBasket): number {
  return record.length + (ownTable?.length ?? 0);
}

/**
 * Decompresses a basket to address `to`; `scratch` has room for its record. Synchronous: the record has been prepared.
 * Without `withTable` only its data are there afterwards.
 * @throws RootFormatError, CodecError or UnsupportedError
 */
export function loadBasket(
  arena: Arena,
  basket: StoredBasket,
  { scratch, payload: to, verify }: BasketPlaces,
  withTable: boolean,
): LoadedBasket {
  const { record, dataBytes, firstEntry, endEntry, ownTable } = basket;
  decompressInto(arena, record, scratch, to, { bytes: withTable ? record.length : dataBytes, verify });
  const loaded = { data: to, dataBytes, firstEntry, endEntry };
  if (!withTable) return { ...loaded, shift: 0, table: undefined };
  if (ownTable === undefined)
    return { ...loaded, shift: basket.keyLength, table: hasTable(basket) ? findTable(arena, basket, to) : undefined };
  arena.bytes.set(ownTable, to + record.length);
  return { ...loaded, shift: 0, table: to + record.length };
}

function findTable(arena: Arena, { record, dataBytes, firstEntry, endEntry }: StoredBasket, data: number): number {
  const room = record.length - dataBytes;
  const count = room < 4 ? -1 : bigEndian(arena, data + dataBytes);
  if (count >= endEntry - firstEntry && (count + 1) * 4 <= room) return data + dataBytes + 4;
  throw new RootFormatError(`a table of ${count} entry offsets for ${endEntry - firstEntry} entries`, { offset: record.origin });
}

/** The 32-bit number at an address. */
export function bigEndian({ bytes }: Arena, at: number): number {
  // In range: the caller knows what stands there.
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The 32-bit number at an address of our own. */
export function littleEndian({ bytes }: Arena, at: number): number {
  // In range, as above.
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A loaded basket as one that the next batch can load again: in memory of its own, because the arena is about to be used anew. */
export function keptBasket(arena: Arena, basket: StoredBasket, { data }: LoadedBasket): StoredBasket {
  const { bytes, length } = basket.record;
  const isOwn = bytes.length === length && bytes.buffer.byteLength === length;
  return isOwn ? basket : { ...basket, record: { ...basket.record, bytes: arena.bytes.slice(data, data + length) } };
}
