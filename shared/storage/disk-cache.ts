import { createHash } from 'node:crypto';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { makeFolder } from '../make-folder.ts';
import { budgetOf, type FolderBudget, PARTIAL_SUFFIX } from './budget.ts';
import { refuseOutside } from './checked-source.ts';
import type { BudgetedFolder } from './settings.ts';
import type { ByteRange, CountedSource } from './source.ts';

/** Files are kept in blocks of this size, the last one of a file shorter. */
export const BLOCK_BYTES = 128 * 1024;
/** Checksum and length, before the bytes. */
const HEADER_BYTES = 8;

/** A name for one version of one file that says nothing about it. Undefined where versions cannot be told apart. */
export function versionKey({ name, size, version }: Pick<CountedSource, 'name' | 'size' | 'version'>): string | undefined {
  if (version === undefined) return undefined;
  return createHash('sha256')
    .update(JSON.stringify([name, size, version]))
    .digest('hex')
    .slice(0, 40);
}

/**
 * The same source, whose blocks are kept in a folder that other processes may use too. A block is written under another name
 * and then renamed, and has a checksum: one that is torn or damaged counts as not there. Without a version nothing is kept.
 */
export function withDiskCache(source: CountedSource, limit: BudgetedFolder): CountedSource {
  const key = versionKey(source);
  if (key === undefined) return source;
  const cache = new BlockCache(source, join(limit.folder, key.slice(0, 2), key), budgetOf(limit));
  return {
    ...source,
    read: async (offset, length, signal) => (await cache.readMany([{ offset, length }], signal))[0] ?? new Uint8Array(0),
    readMany: (ranges, signal) => cache.readMany(ranges, signal),
    places: () => ({ ...source.places?.(), ...(cache.hits.requests > 0 ? { 'disk cache': { ...cache.hits } } : {}) }),
  };
}

class BlockCache {
  readonly #source: CountedSource;
  readonly #folder: string;
  readonly #budget: FolderBudget;
  /** Blocks that did not have to be fetched. */
  readonly hits = { bytes: 0, requests: 0 };
  #closed = false;

  constructor(source: CountedSource, folder: string, budget: FolderBudget) {
    this.#source = source;
    this.#folder = folder;
    this.#budget = budget;
  }

  async readMany(ranges: readonly ByteRange[], signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    signal?.throwIfAborted();
    for (const range of ranges) refuseOutside(this.#source.name, this.#source.size, range);
    // Empty, but refused after close: the source knows.
    await this.#source.read(0, 0, signal);
    const blocks = new Map<number, Uint8Array>();
    for (const index of blocksOf(ranges)) {
      const bytes = await this.#load(index);
      if (bytes !== undefined) blocks.set(index, bytes);
    }
    await this.#fetch(
      blocksOf(ranges).filter((index) => !blocks.has(index)),
      blocks,
      signal,
    );
    return ranges.map((range) => assemble(range, blocks));
  }

  async #fetch(missing: readonly number[], blocks: Map<number, Uint8Array>, signal: AbortSignal | undefined): Promise<void> {
    const runs = joinRuns(missing, this.#source.size);
    const fetched = await this.#source.readMany(runs, signal);
    for (const [at, { offset, length }] of runs.entries()) {
      for (let from = 0; from < length; from += BLOCK_BYTES) {
        const index = (offset + from) / BLOCK_BYTES;
        const bytes = (fetched[at] as Uint8Array).subarray(from, Math.min(length, from + BLOCK_BYTES));
        blocks.set(index, bytes);
        await this.#store(index, bytes);
      }
    }
  }

  #path(index: number): string {
    return join(this.#folder, `${index}`);
  }

  async #load(index: number): Promise<Uint8Array | undefined> {
    const path = this.#path(index);
    const file = await readFile(path).catch(() => undefined);
    if (file === undefined) return undefined;
    const bytes = new Uint8Array(file.buffer, file.byteOffset + HEADER_BYTES, Math.max(0, file.length - HEADER_BYTES));
    const whole = bytes.length === Math.min(BLOCK_BYTES, this.#source.size - index * BLOCK_BYTES);
    if (!whole || file.readUInt32BE(0) !== crc32(bytes) || file.readUInt32BE(4) !== bytes.length) {
      await rm(path, { force: true });
      return undefined;
    }
    this.hits.bytes += bytes.length;
    this.hits.requests += 1;
    const now = new Date();
    // Used now: it goes last when room is needed. It may be gone already.
    await utimes(path, now, now).catch(() => undefined);
    return bytes;
  }

  /** A cache that cannot be written, as on a full disk, is no reason to fail. */
  async #store(index: number, bytes: Uint8Array): Promise<void> {
    if (this.#closed || !(await this.#budget.reserve(bytes.length + HEADER_BYTES).catch(() => false))) return;
    const path = this.#path(index);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt32BE(crc32(bytes), 0);
    header.writeUInt32BE(bytes.length, 4);
    const partial = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}${PARTIAL_SUFFIX}`;
    try {
      await makeFolder(dirname(path), { mode: 0o700 });
      await writeFile(partial, Buffer.concat([header, bytes]), { mode: 0o600 });
      await rename(partial, path);
    } catch {
      this.#closed = true;
      await rm(partial, { force: true }).catch(() => undefined);
    }
  }
}

/** Numbers of the blocks that ranges touch, in order, each once. */
function blocksOf(ranges: readonly ByteRange[]): number[] {
  const blocks = new Set<number>();
  for (const { offset, length } of ranges) {
    for (let index = Math.floor(offset / BLOCK_BYTES); index * BLOCK_BYTES < offset + length; index++) if (length > 0) blocks.add(index);
  }
  return [...blocks].sort((a, b) => a - b);
}

/** Neighbouring blocks are one range. */
function joinRuns(blocks: readonly number[], size: number): ByteRange[] {
  const runs: { offset: number; length: number }[] = [];
  for (const index of blocks) {
    const offset = index * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, size - offset);
    const last = runs.at(-1);
    if (last !== undefined && last.offset + last.length === offset) last.length += length;
    else runs.push({ offset, length });
  }
  return runs;
}

function assemble({ offset, length }: ByteRange, blocks: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const index of blocksOf([{ offset, length }])) {
    const block = blocks.get(index) as Uint8Array;
    const start = index * BLOCK_BYTES;
    const from = Math.max(0, offset - start);
    bytes.set(block.subarray(from, Math.min(block.length, offset + length - start)), start + from - offset);
  }
  return bytes;
}
