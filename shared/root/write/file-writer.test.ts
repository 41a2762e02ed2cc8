import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { readWithJsroot } from '../../../test/jsroot.ts';
import { openRootFile } from '../file.ts';
import { storeRaw } from './compress.ts';
import { namedText, RootFileWriter } from './file-writer.ts';
import { createMemorySink, openFileSink, type Sink } from './sink.ts';

function writeTexts(sink: Sink, texts: readonly { name: string; text?: string; directory?: string }[], seed = 'test'): void {
  const file = new RootFileWriter(sink, { name: 'n.root', compressor: storeRaw, seed });
  for (const { name, text = 'text', directory = '' } of texts) file.writeObject(namedText(name, text), { name, directory });
  file.close();
}

function bytesOf(...args: [readonly { name: string; text?: string; directory?: string }[], string?]): Uint8Array<ArrayBuffer> {
  const sink = createMemorySink();
  writeTexts(sink, ...args);
  return sink.toBytes();
}

describe('RootFileWriter', () => {
  it('lists directories and their objects once each', async () => {
    const bytes = bytesOf([{ name: 'a' }, { name: 'b', directory: 'x/y' }, { name: 'c', directory: 'x' }, { name: 'b', directory: 'x' }]);
    const file = await openRootFile(bytesSource(bytes));
    expect((await file.keys()).map(({ path }) => path)).toEqual(['a', 'x', 'x/y', 'x/y/b', 'x/c', 'x/b']);
  });

  it('keeps texts of any length and alphabet', async () => {
    const text = 'ℓ'.repeat(300);
    const found = (await readWithJsroot(bytesOf([{ name: 'long', text, directory: 'd' }]).buffer, 'd/long')) as { fTitle: string };
    // jsroot takes each byte for a character.
    expect(Buffer.from(found.fTitle, 'latin1').toString()).toBe(text);
  });

  it('gives the same bytes for the same content and seed only', () => {
    const texts = [{ name: 'a', directory: 'd' }];
    expect(Buffer.compare(bytesOf(texts), bytesOf(texts))).toBe(0);
    expect(Buffer.compare(bytesOf(texts), bytesOf(texts, 'other'))).not.toBe(0);
  });

  it('writes to disk what it writes to memory', () => {
    const folder = mkdtempSync(join(tmpdir(), 'higgsflow-file-'));
    try {
      const texts = [{ name: 'a', directory: 'd' }, { name: 'big', text: 'x'.repeat(3_000_000) }, { name: 'b' }];
      const sink = openFileSink(join(folder, 'n.root'));
      writeTexts(sink, texts);
      sink.close();
      expect(Buffer.compare(readFileSync(join(folder, 'n.root')), bytesOf(texts))).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says which file cannot be written', () => {
    expect(() => openFileSink(join(tmpdir(), 'no such folder', 'x.root'))).toThrow(/no such folder.x\.root: cannot be written/);
  });

  it('refuses names that are there, and names that are none', () => {
    expect(() =>
      bytesOf([
        { name: 'a', directory: 'd' },
        { name: 'a', directory: 'd' },
      ]),
    ).toThrow('d/a: two objects have this name');
    expect(() => bytesOf([{ name: 'a' }, { name: 'b', directory: 'a' }])).toThrow('two objects have this name');
    for (const name of ['', 'a;1', 'a:b', '..']) {
      expect(() => bytesOf([{ name }])).toThrow('cannot name an object');
      expect(() => bytesOf([{ name: 'a', directory: `d/${name}` }])).toThrow('cannot name an object');
    }
  });

  it('refuses to pass 2 GB rather than to write positions that nobody can read', () => {
    let position = 0;
    const sink: Sink = {
      name: 'big.root',
      get position() {
        return position;
      },
      write: (bytes) => {
        position += bytes.length;
      },
      writeAt: () => {},
    };
    const file = new RootFileWriter(sink, { name: 'big.root', compressor: storeRaw });
    const chunk = new Uint8Array(400_000_000);
    const write = () => file.writeBasket({ className: 'TBasket', name: 'x', title: 't' }, new Uint8Array(19), chunk, chunk.length);
    for (let i = 0; i < 4; i++) write();
    expect(write).toThrow('big.root: files of more than 2 GB cannot be written');
    expect(position).toBeLessThan(2_000_000_000);
  });
});
