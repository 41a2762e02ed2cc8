import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Ledger } from '#services/collector/ledger.ts';
import { buildSpec } from '#services/producer/build-spec.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { execute } from './execute.ts';

const FOLDER = join(import.meta.dirname, '../../test/fixtures/objects');
const ENTRIES = Array.from({ length: 24 }, (_, entry) => entry);

async function run(chunkEntries: number, threads: number): Promise<RunSnapshot> {
  const spec = await buildSpec(
    {
      analysis: join(FOLDER, 'analysis.ts'),
      data: [join(FOLDER, 'objects.root')],
      set: {},
      chunkEntries,
      fraction: undefined,
      catalogue: 'none',
    },
    { runId: () => 'test' },
  );
  const ledger = new Ledger(':memory:');
  try {
    await using execution = await execute({ spec, ledger, threads, batchBytes: 2000, signal: AbortSignal.timeout(60_000) });
    return (await execution.result).snapshot;
  } finally {
    ledger.close();
  }
}

/** What test/fixtures/objects/types.C fills. */
const lists = (entry: number) => Array.from({ length: entry % 4 }, (_, i) => i);
const sumOf = (entry: number) => lists(entry).reduce((sum, i) => sum + ((entry + i) % 3) * ((entry * 10 + i) / 4), 0);

describe('an analysis of texts, lists of lists and members of objects', () => {
  it('fills what the file holds, for any chunks and threads', async () => {
    const snapshot = await run(24, 1);
    expect(snapshot).toMatchObject({ state: 'complete', failures: [], totals: { entriesCommitted: 24 } });
    const [dataset] = snapshot.datasets;
    const histogram = (name: string) => dataset?.histograms[name];
    // A quarter of the texts are empty, and as many lists of texts.
    expect([...(histogram('cutFlow')?.entries ?? [])].slice(0, 3)).toEqual([6, 0, 18]);
    const sums = new Array<number>(82).fill(0);
    for (const entry of ENTRIES) sums[Math.min(Math.floor(sumOf(entry) / 5) + 1, 81)]! += 1;
    expect([...(histogram('sum')?.sumw ?? [])]).toEqual(sums);
    const energies = new Array<number>(22).fill(0);
    for (const entry of ENTRIES) for (const i of lists(entry)) energies[Math.floor((entry + i) / 2) + 1]! += 1;
    expect([...(histogram('energy')?.sumw ?? [])]).toEqual(energies);
    // One text is 303 long, one is no UTF-8, and the others have 9 or 10 characters, of which µ is one.
    const lengths = [...(histogram('length')?.sumw ?? [])];
    expect([lengths[1], lengths[2], lengths[31]]).toEqual([6 + 5, 11 + 1, 1]);
    const other = await run(5, 2);
    expect(other.datasets[0]?.histograms).toEqual(dataset?.histograms);
  });
});
