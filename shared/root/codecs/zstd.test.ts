/** What of a frame is decoded, and by whom. */
import { constants, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Arena, ArenaPlan } from '../arena.ts';
import { compiledMemory } from '../compiled-kernels.ts';
import type { KernelMemory } from '../kernels.ts';
import { plainMemory } from '../plain-kernels.ts';
import type { Verify } from './codec.ts';
import { decodeZstd } from './zstd.ts';

const data = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251));
const needed = 1000;

function frame(isChecked: boolean): Buffer {
  return zstdCompressSync(data, { params: { [constants.ZSTD_c_checksumFlag]: Number(isChecked) } });
}

/** What stands in the memory after decoding: the bytes that are needed, and those behind them. */
function decode(memory: KernelMemory, block: Uint8Array, verify: Verify, length = data.length) {
  const arena = new Arena(memory);
  const plan = new ArenaPlan(arena.start);
  const from = plan.take(block.length);
  const to = plan.take(length);
  arena.reserve(plan);
  arena.bytes.fill(0, to, to + length);
  arena.bytes.set(block, from);
  decodeZstd(arena, { from, bytes: block.length, to, length, needed: Math.min(needed, length), verify });
  return { first: Buffer.from(arena.bytes.slice(to, to + needed)), rest: Buffer.from(arena.bytes.slice(to + needed, to + length)) };
}

/** A copy with one byte of the checksum changed. */
function damaged(block: Buffer): Buffer {
  const copy = Buffer.from(block);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

describe('a ZSTD block of which the start is needed', () => {
  const compiled = compiledMemory() as KernelMemory;
  const untouched = Buffer.alloc(data.length - needed);

  it('is decoded so far where it has no checksum, or none is asked for', () => {
    for (const block of [frame(false), frame(true), damaged(frame(true))]) {
      expect(decode(compiled, block, 'data')).toEqual({ first: data.subarray(0, needed), rest: untouched });
    }
    expect(decode(compiled, frame(false), 'full')).toEqual({ first: data.subarray(0, needed), rest: untouched });
  });

  it('is decoded whole with `full` where it has a checksum, which is compared', () => {
    expect(decode(compiled, frame(true), 'full')).toEqual({ first: data.subarray(0, needed), rest: data.subarray(needed) });
    expect(() => decode(compiled, damaged(frame(true)), 'full')).toThrow('its checksum differs');
  });

  it('is decoded whole with `data` where it has several frames', () => {
    const block = Buffer.concat([zstdCompressSync(data.subarray(0, 600)), zstdCompressSync(data.subarray(600))]);
    expect(decode(compiled, block, 'data')).toEqual({ first: data.subarray(0, needed), rest: data.subarray(needed) });
  });

  it('is left to node where a dictionary is named, which refuses it, and where the kernels are plain', () => {
    const block = frame(false);
    const named = Buffer.concat([block.subarray(0, 4), Buffer.from([(block[4] ?? 0) | 1, 7]), block.subarray(5)]);
    expect(() => decode(compiled, named, 'full')).toThrow(/[Dd]ictionary/);
    for (const isChecked of [true, false]) expect(decode(plainMemory(), frame(isChecked), 'data').first).toEqual(data.subarray(0, needed));
    expect(() => decode(plainMemory(), block, 'full', data.length + 1)).toThrow(`it holds ${data.length} bytes, not ${data.length + 1}`);
  });
});
