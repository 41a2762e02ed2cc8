import { UnsupportedError } from '../../errors.ts';
import { DEFAULT_BATCH_BYTES } from '../batch-size.ts';
import type { ReadOptions } from '../batches.ts';
import type { ColumnBatch } from '../column-batch.ts';
import { type Column, type ColumnType, makeColumn } from '../column-type.ts';
import type { Tree } from '../tree.ts';
import type { FieldPlan } from './field-plan.ts';
import { type NestedColumn, readFields } from './read-fields.ts';
import type { Rntuple } from './rntuple.ts';

/**
 * `readBatches` for the fields of an RNTuple.
 * @throws ConfigError for an unknown field, UnsupportedError for one that is not read; RootFormatError and CodecError for
 * damage; StorageError from the source
 */
export async function* readRntupleBatches(
  tree: Tree,
  rntuple: Rntuple,
  names: readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<ColumnBatch> {
  const { from = 0, to = tree.entries, batchBytes = DEFAULT_BATCH_BYTES, signal } = options;
  if (!(from >= 0 && from <= to && to <= tree.entries)) throw new RangeError(`entries ${from}..${to} of ${tree.entries}`);
  const plans = names.map((name) => planOf(tree, rntuple, name));
  for await (const batch of readFields(rntuple, plans, { from, to, batchBytes, signal })) {
    const columns = names.map((name, i) => [name, toColumn(tree, name, batch.columns[i] as NestedColumn)]);
    yield { from: batch.from, to: batch.to, columns: Object.fromEntries(columns) };
  }
}

function planOf(tree: Tree, rntuple: Rntuple, name: string): FieldPlan {
  const { path, columnType, cppType, unsupported } = tree.branch(name);
  const plan = rntuple.plans.get(path);
  if (columnType !== undefined && plan !== undefined) return plan;
  throw new UnsupportedError(`${cppType}: ${unsupported}`, { file: tree.file.source.name, object: `${tree.path}/${path}` });
}

function toColumn(tree: Tree, name: string, { values, levels }: NestedColumn): Column {
  const type = tree.branch(name).columnType as ColumnType; // `planOf` saw to it
  return makeColumn(
    type,
    values,
    levels.map((level) => (level.kind === 'list' ? { offsets: level.offsets } : { size: level.size })),
  );
}
