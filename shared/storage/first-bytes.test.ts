import { expect, it } from 'vitest';
import { withFirstBytes } from './first-bytes.ts';
import { memorySource } from './test-source.ts';

const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
const read = async (first: Uint8Array | undefined, ranges: readonly (readonly [number, number])[]) => {
  const source = memorySource(bytes);
  const opened = withFirstBytes(source, first);
  for (const [offset, length] of ranges) {
    const answer = await opened.read(offset, length, undefined, undefined);
    expect(answer).toEqual(bytes.slice(offset, offset + length));
    // A view of what more is known would keep all of it.
    expect(answer.buffer.byteLength).toBe(length);
  }
  return source.asked;
};

it('answers the first read from what came with the opening, and the next ones from the file', async () => {
  expect(await read(bytes.slice(0, 10), [[2, 8], [2, 8]])).toEqual([{ offset: 2, length: 8 }]); // biome-ignore format: one line
});

it('asks the file where the first read goes further, and then always', async () => {
  expect(await read(bytes.slice(0, 10), [[3, 8], [0, 10]])).toHaveLength(2); // biome-ignore format: one line
  expect(await read(undefined, [[0, 10]])).toHaveLength(1);
});
