import { type ReadOptions, readBatches } from './batches.ts';
import type { ColumnBatch } from './column-batch.ts';
import type { Tree } from './tree.ts';

/** Reads the named branches of a TTree or fields of an RNTuple, batch by batch. See `readBatches`. */
export async function* readColumns(tree: Tree, names: readonly string[], options: ReadOptions = {}): AsyncGenerator<ColumnBatch> {
  if (tree.rntuple === undefined) return yield* readBatches(tree, names, options);
  const { readRntupleBatches } = await import('./rntuple/read-rntuple.ts');
  yield* readRntupleBatches(tree, tree.rntuple, names, options);
}
