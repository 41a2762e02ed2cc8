import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../test/bytes-source.ts';
import { isPipelineError } from '../errors.ts';
import { readBatches } from './batches.ts';
import { openRootFile, type RootFile } from './file.ts';
import { describeFile } from './inspect.ts';
import { openTree } from './tree.ts';

const FOLDER = join(import.meta.dirname, '../../test/fixtures/recovered');

interface Expected {
  readonly recovered: boolean;
  readonly keys: readonly (readonly [name: string, className: string, cycle: number])[];
  /** Rows of each tree that ROOT reads: number, values, vector. */
  readonly trees: Readonly<Record<string, readonly unknown[]>>;
}

const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, Expected>;
const bytesOf = (name: string) => readFileSync(join(FOLDER, name));
const open = (bytes: Uint8Array): Promise<RootFile> => openRootFile(bytesSource(bytes));

async function rows(file: RootFile, name: string): Promise<unknown[]> {
  const all: unknown[] = [];
  const tree = await openTree(file, name);
  for await (const { from, to, columns } of readBatches(tree, ['number', 'values', 'vector'])) {
    const lists = ['values', 'vector'].map((column) => {
      const { values = [], offsets = new Int32Array(0) } = columns[column] ?? {};
      return (i: number) => Array.from(values.slice(offsets[i], offsets[i + 1]), Number);
    });
    for (let i = 0; i < to - from; i++) all.push([Number(columns['number']?.values[i]), ...lists.map((list) => list(i))]);
  }
  return all;
}

describe('a file that ROOT never closed', () => {
  it.each(Object.keys(expected))('%s has the trees and the values that ROOT recovers', async (name) => {
    const { recovered, trees } = expected[name] as Expected;
    const file = await open(bytesOf(name));
    const description = await describeFile(file);
    expect(description.recovered).toBe(recovered);
    expect(description.trees.map(({ path, cycle }) => `${path};${cycle}`)).toEqual(Object.keys(trees));
    for (const [tree, wanted] of Object.entries(trees)) expect(await rows(file, tree)).toEqual(wanted);
  });

  it('has the keys that ROOT finds, but for a record that is not whole', async () => {
    for (const [name, { keys, trees }] of Object.entries(expected)) {
      const found = await (await open(bytesOf(name))).keys();
      const whole = keys.filter(([key, className, cycle]) => className !== 'TTree' || trees[`${key};${cycle}`] !== undefined);
      expect(found.map(({ path, key }) => [path, key.className, key.cycle])).toEqual(whole);
    }
  });

  it('gives the last tree that was saved whole, or an error, wherever the writer stopped', async () => {
    const [name, all] = ['not_flushed.root', expected['not_flushed.root']?.trees['t;2'] ?? []];
    const bytes = bytesOf(name);
    const lengths = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (length) => {
        try {
          const read = await rows(await open(bytes.subarray(0, length)), 't');
          lengths.add(read.length);
          expect(read).toEqual(all.slice(0, read.length));
        } catch (error) {
          if (!isPipelineError(error)) throw error;
        }
      }),
      { numRuns: 300, examples: [[bytes.length]] },
    );
    expect([...lengths]).toEqual([180]);
  });

  it('warns once', async () => {
    const warnings: string[] = [];
    const listen = ({ name, message }: Error) => void (name === 'RecoveredFile' && message.startsWith('warned') && warnings.push(message));
    process.on('warning', listen);
    for (let i = 0; i < 3; i++) await (await openRootFile(bytesSource(bytesOf('killed.root'), 'warned.root'))).keys();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings).toEqual(['warned.root was not closed: it is read up to what was last saved in it']);
  });

  it('says so where nothing was saved', async () => {
    const unsaved = bytesOf('cut.root').subarray(0, 1000);
    await expect((await open(unsaved)).keys()).resolves.toHaveLength(1);
    const nothing = new Uint8Array(bytesOf('cut.root').subarray(0, 380));
    await expect((await open(nothing)).keys()).rejects.toThrow(/was not closed, and there is nothing in it to recover/);
  });
});
