import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSource } from '#shared/storage/open.ts';
import { checksumOf } from './checksum.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'higgsflow-checksum-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function sumOf(bytes: Uint8Array, kind: Parameters<typeof checksumOf>[1]): Promise<string> {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const source = await openSource(path);
  try {
    return await checksumOf(source, kind, new AbortController().signal);
  } finally {
    await source.close();
  }
}

describe('checksumOf', () => {
  it('gives what everybody quotes for "Wikipedia"', async () => {
    expect(await sumOf(Buffer.from('Wikipedia'), 'adler32')).toBe('adler32:11e60398');
    expect(await sumOf(Buffer.from('Wikipedia'), 'crc32')).toBe('crc32:adaac02e');
  });

  it('does not overflow, and goes over the blocks that it reads', async () => {
    const bytes = new Uint8Array(9 * 2 ** 20).fill(255);
    let [low, high] = [1n, 0n];
    for (let i = 0; i < bytes.length; i++) {
      low = (low + 255n) % 65521n;
      high = (high + low) % 65521n;
    }
    expect(await sumOf(bytes, 'adler32')).toBe(`adler32:${((high << 16n) | low).toString(16).padStart(8, '0')}`);
    expect(await sumOf(bytes, 'sha256')).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  });

  it('of nothing is that of nothing', async () => {
    expect(await sumOf(new Uint8Array(), 'adler32')).toBe('adler32:00000001');
    expect(await sumOf(new Uint8Array(), 'crc32')).toBe('crc32:00000000');
  });
});
