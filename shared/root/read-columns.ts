import { type ReadOptions, readBatches } from './batches.ts';
import type { ColumnBatch } from './column-batch.ts';
import { readRntupleBatches } from './rntuple/read-rntuple.ts';
import type { Tree } from './tree.ts';

/** Reads the named branches of a TTree or fields of an RNTuple, batch by batch. See `readBatches`. */
export function readColumns(tree: Tree, names: readonly string[], options: ReadOptions = {}): AsyncGenerator<ColumnBatch> {
  return tree.rntuple === undefined ? readBatches(tree, names, options) : readRntupleBatches(tree, tree.rntuple, names, options);
}
