/** Damage inside of entries, where no checksum finds it: it ends in an error of ours or in values, soon and in little memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../test/bytes-source.ts';
import { MUTATIONS, type Mutation, mutate } from '../../../test/hostile/mutate.ts';
import { isPipelineError } from '../../errors.ts';
import { Random } from '../../toy/random.ts';
import { ArenaPlan, borrowArena } from '../arena.ts';
import { openRootFile } from '../file.ts';
import { bigEndian, describeBasket, loadBasket } from '../stored-basket.ts';
import { type BasketRef, type Branch, openTree } from '../tree.ts';
import { type EntryBytes, ObjectColumn, type ObjectLayout } from './object-column.ts';

const BYTES = readFileSync(join(import.meta.dirname, '../../../test/fixtures/objects/objects.root'));
const MUTATIONS_EACH = 40;
/** Of memory for a byte of the entries: what pointers to the same objects may add, and offsets of empty lists. */
const MOST_MEMORY = 64;

interface Target {
  readonly layout: ObjectLayout;
  readonly path: string;
  readonly entries: EntryBytes;
}

/** The first basket of a branch, as its column decodes it. */
function entriesOf(branch: Branch): EntryBytes {
  const ref = branch.baskets[0] as BasketRef;
  const basket = describeBasket(ref, BYTES.subarray(ref.seek, ref.seek + ref.bytes));
  using arena = borrowArena();
  const plan = new ArenaPlan(arena.start);
  const places = { scratch: plan.take(ref.bytes), payload: plan.take(basket.record.length), verify: 'full' as const };
  arena.reserve(plan);
  const { data, dataBytes, table, shift } = loadBasket(arena, basket, places, true);
  const entries = ref.endEntry - ref.firstEntry;
  const starts = Array.from({ length: entries }, (_, i) => (table === undefined ? 0 : bigEndian(arena, table + 4 * i) - shift));
  return {
    bytes: arena.bytes.slice(data, data + dataBytes),
    startOf: table === undefined ? undefined : (index) => starts[index] as number,
    entries,
    firstEntry: ref.firstEntry,
    keyLength: basket.keyLength,
  };
}

async function listTargets(): Promise<Target[]> {
  const targets: Target[] = [];
  for (const name of ['memberwise', 'objectwise']) {
    const tree = await openTree(await openRootFile(bytesSource(BYTES, 'objects.root')), name);
    for (const branch of tree.all()) {
      const { layout, path, baskets } = branch;
      if (layout?.kind === 'objects' && baskets[0]?.embedded === undefined)
        targets.push({ layout, path: `${name}/${path}`, entries: entriesOf(branch) });
    }
  }
  return targets;
}

/** Code of the error, or 'values'; anything else is thrown. */
function decode({ layout, entries, path }: Target, bytes: Uint8Array): string {
  const column = new ObjectColumn(layout);
  const start = performance.now();
  try {
    column.append({ ...entries, bytes }, 0, entries.entries);
    const { values, levels = [], offsets } = column.take();
    const taken = values.byteLength + [...levels, { offsets }].reduce((sum, level) => sum + (level.offsets?.byteLength ?? 0), 0);
    expect(taken, path).toBeLessThan(MOST_MEMORY * bytes.length + 2 ** 17);
    return 'values';
  } catch (error) {
    if (!isPipelineError(error)) throw new Error(`${path}: ${error}`, { cause: error });
    return error.code;
  } finally {
    expect(performance.now() - start, path).toBeLessThan(1000);
  }
}

describe('damaged entries', () => {
  it('end in errors of ours or in values', { timeout: 60_000 }, async () => {
    const outcomes: Record<string, number> = {};
    const targets = await listTargets();
    expect(targets.length).toBeGreaterThan(150);
    for (const [number, target] of targets.entries()) {
      expect(decode(target, target.entries.bytes), target.path).toBe('values');
      for (let i = 0; i < MUTATIONS_EACH; i++) {
        const damaged = mutate(target.entries.bytes, MUTATIONS[i % MUTATIONS.length] as Mutation, 0, new Random(`${number} ${i}`));
        const outcome = decode(target, damaged);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    }
    expect(Object.keys(outcomes).sort()).toEqual(['RootFormatError', 'UnsupportedError', 'values']);
    expect(outcomes['RootFormatError']).toBeGreaterThan(1000);
  });

  it('are named in the error', async () => {
    const target = (await listTargets()).find(({ path }) => path === 'memberwise/vv') as Target;
    const bytes = Uint8Array.from(target.entries.bytes);
    new DataView(bytes.buffer).setInt32((target.entries.startOf?.(3) ?? 0) + 6, 0x7fffffff);
    expect(() => new ObjectColumn(target.layout).append({ ...target.entries, bytes }, 0, 4)).toThrow(
      /^entry 3: 2147483647 items in \d+ bytes/,
    );
  });
});
