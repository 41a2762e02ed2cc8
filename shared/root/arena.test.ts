import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { Arena, ArenaPlan, borrowArena, limitArenas } from './arena.ts';
import { readBatches } from './batches.ts';
import type { ColumnBatch } from './column-batch.ts';
import { compiledMemory } from './compiled-kernels.ts';
import { FetchRoom } from './fetch-room.ts';
import { openRootFile } from './file.ts';
import type { KernelMemory } from './kernels.ts';
import { plainMemory } from './plain-kernels.ts';
import { openTree, type Tree } from './tree.ts';

const FIXTURES = join(import.meta.dirname, '../../test/fixtures');
const memories: [string, () => KernelMemory | undefined][] = [
  ['compiled', compiledMemory],
  ['plain', plainMemory],
];

async function fixtureTree(name = 'types_lz4.root'): Promise<Tree> {
  return openTree(await openRootFile(bytesSource(readFileSync(join(FIXTURES, name)))), 'types');
}

/** A copy of all numbers of a batch. */
function numbers({ columns }: ColumnBatch): unknown[] {
  return Object.values(columns).map(({ values, offsets }) => [[...values], [...(offsets ?? [])]]);
}

describe.each(memories)('an arena of %s kernels', (_name, make) => {
  it('gives places that do not overlap, and room for all of them', () => {
    using arena = new Arena(make());
    const plan = new ArenaPlan(arena.start);
    const places = [5, 0, 200_000, 1, 64].map((bytes) => ({ at: plan.take(bytes), bytes }));
    arena.reserve(plan);
    for (const [i, { at, bytes }] of places.entries()) arena.bytes.fill(i, at, at + bytes);
    for (const [i, { at, bytes }] of places.entries()) {
      expect(at % 64).toBe(0);
      expect(at + bytes).toBeLessThanOrEqual(arena.bytes.length);
      expect(arena.bytes.subarray(at, at + bytes).every((byte) => byte === i)).toBe(true);
    }
  });

  it('refuses what no memory holds, or more than it may', () => {
    using arena = new Arena(make());
    const plan = new ArenaPlan(arena.start);
    plan.take(10e6);
    limitArenas(9e6);
    expect(() => arena.reserve(plan)).toThrow(/a batch needs 1[01] MB of memory at once, of 9/);
    limitArenas(Number.POSITIVE_INFINITY);
    arena.reserve(plan);
    plan.take(2 ** 53);
    expect(() => arena.reserve(plan)).toThrow('MB of memory at once');
  });

  it('leaves views as they are when it grows, and knows what lies in it', () => {
    using arena = new Arena(make());
    const plan = new ArenaPlan(arena.start);
    const at = plan.take(1000);
    arena.reserve(plan);
    const view = arena.bytes.subarray(at, at + 1000);
    plan.take(50e6);
    arena.reserve(plan);
    arena.bytes[at] = 77;
    expect([view[0], view.length]).toEqual([77, 1000]);
    expect(arena.addressOf(view)).toBe(at);
    expect(arena.addressOf(new Uint8Array(10))).toBeUndefined();
  });

  it('gives rooms for what is fetched, from the start again each time, and other memory beyond', () => {
    using arena = new Arena(make());
    const plan = new ArenaPlan(arena.start);
    const at = plan.take(1000);
    const next = plan.take(10);
    arena.reserve(plan);
    const room = new FetchRoom(arena, at, 1000);
    const first = room.restart();
    expect([first(600), first(500), first(400)].map((bytes) => arena.addressOf(bytes))).toEqual([at, undefined, at + 600]);
    expect(at + 1000).toBeLessThanOrEqual(next);
    expect(arena.addressOf(room.restart()(1000))).toBe(at);
  });
});

describe('views of a batch', () => {
  it('stay what they are while other readers of the thread come, grow their memory and go', async () => {
    const tree = await fixtureTree();
    const names = ['i32', 'fixed_f64', 'counted_i16', 'vector_float'];
    const held = readBatches(tree, names, { batchBytes: 2000 });
    const { value: batch } = (await held.next()) as IteratorYieldResult<ColumnBatch>;
    const before = numbers(batch);
    for (const megabytes of [1, 40]) {
      for await (const other of readBatches(tree, names)) expect(other.to).toBeGreaterThan(0);
      using arena = borrowArena();
      const plan = new ArenaPlan(arena.start);
      plan.take(megabytes * 2 ** 20);
      arena.reserve(plan);
      arena.bytes.fill(0xff, arena.start);
    }
    expect(numbers(batch)).toEqual(before);
    await held.return(undefined);
  });

  it('are right in every batch, though the memory grows from batch to batch', async () => {
    const tree = await fixtureTree();
    const whole: unknown[] = [];
    for await (const { columns } of readBatches(tree, ['f64'])) whole.push(...(columns['f64']?.values ?? []));
    const parts: unknown[] = [];
    let largest = 0;
    // Batches of 1, 2, 3 ... entries: each needs more room than the one before.
    for (let from = 0, count = 1; from < tree.entries; from += count, count++) {
      const to = Math.min(tree.entries, from + count);
      for await (const { columns } of readBatches(tree, ['f64'], { from, to })) {
        const values = columns['f64']?.values;
        parts.push(...(values ?? []));
        largest = Math.max(largest, values?.length ?? 0);
      }
    }
    expect(parts).toEqual(whole);
    expect(largest).toBeGreaterThan(5);
  });

  it('are refused with file and tree where they need more memory than a reader may use, and read again where they may', async () => {
    const tree = await fixtureTree('types_none.root');
    const names = [...tree.all()].flatMap(({ path, columnType }) => (columnType === undefined ? [] : [path]));
    const read = async () => {
      let entries = 0;
      for await (const { from, to } of readBatches(tree, names)) entries += to - from;
      return entries;
    };
    // None that has grown already.
    const grown = Array.from({ length: 8 }, borrowArena);
    limitArenas(new Arena().bytes.length);
    await expect(read()).rejects.toMatchObject({
      ...{ code: 'UnsupportedError', retryable: false, file: tree.file.source.name, object: 'types' },
      hint: expect.stringContaining('MEMORY_MB'),
    });
    limitArenas(Number.POSITIVE_INFINITY);
    expect(await read()).toBe(tree.entries);
    for (const arena of grown) arena[Symbol.dispose]();
  });

  it('share one array of offsets where lists belong together', async () => {
    const tree = await fixtureTree();
    for await (const { columns } of readBatches(tree, ['counted_i16', 'vector_float', 'counted_f32'])) {
      expect(columns['counted_i16']?.offsets).toBe(columns['counted_f32']?.offsets);
    }
  });
});
