import { type ReadOptions, readBatches } from './batches.ts';
import type { ColumnBatch } from './column-batch.ts';
import type { Rntuple } from './rntuple/rntuple.ts';
import type { Tree } from './tree.ts';

/** Reads the named branches of a TTree or fields of an RNTuple, batch by batch. See `readBatches`. */
export function readColumns(tree: Tree, names: readonly string[], options: ReadOptions = {}): AsyncGenerator<ColumnBatch> {
  return tree.rntuple === undefined ? readBatches(tree, names, options) : readFields(tree, tree.rntuple, names, options);
}

/** Its code is loaded when it is needed: see `openTree`. */
async function* readFields(tree: Tree, rntuple: Rntuple, names: readonly string[], options: ReadOptions): AsyncGenerator<ColumnBatch> {
  const { readRntupleBatches } = await import('./rntuple/read-rntuple.ts');
  yield* readRntupleBatches(tree, rntuple, names, options);
}
