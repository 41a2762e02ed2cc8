/** What a field is made of: the columns on the way from an entry to its numbers. */
import { type ColumnType, type ElementType, elementBytes, formatColumnType, isColumnType } from '../column-type.ts';
import { type Encoding, encodingOf, fieldElement } from './column-types.ts';
import { canConvert } from './encodings.ts';
import type { ColumnRecord, FieldRecord } from './schema.ts';

/** The same column in each of its representations, of which a cluster has one. */
export type ColumnChoice = readonly ColumnRecord[];

/** One step from an entry to its values: a list of any length, or `size` of them always. */
export type LevelPlan = { readonly kind: 'list'; readonly index: ColumnChoice } | { readonly kind: 'fixed'; readonly size: number };

export interface FieldPlan {
  readonly path: string;
  readonly levels: readonly LevelPlan[];
  /** The innermost values; the lengths of lists (`lengths`) come from an index column. */
  readonly values: ColumnChoice;
  readonly lengths: boolean;
  readonly element: ElementType;
  /** True where the innermost lists are UTF-8 texts. */
  readonly text: boolean;
}

/** A plan, or why there is none. */
export type Planned = { readonly plan: FieldPlan } | { readonly unsupported: string };

/** Plans a field without parts: a number, or a text. `columns` are all of the field's, of all representations. */
export function planLeaf(path: string, field: FieldRecord, columns: readonly ColumnRecord[], above: readonly LevelPlan[]): Planned {
  const levels: readonly LevelPlan[] = field.arraySize === undefined ? above : [...above, { kind: 'fixed', size: field.arraySize }];
  if (field.typeName === 'std::string') return planText(path, columns, levels);
  const refusal = refuseColumns(columns, 1);
  if (refusal !== undefined) return { unsupported: refusal };
  const values = choice(columns, 0);
  const encodings = values.map((column) => encodingOf(column) as Encoding);
  const counted = /^ROOT::RNTupleCardinality<(.*)>$/.exec(field.typeName)?.[1];
  const element = leafElement(counted ?? field.typeName, field.arraySize !== undefined, encodings[0]?.element);
  if (element === undefined) return { unsupported: `values of type ${field.typeName} are not read` };
  const lengths = counted !== undefined;
  const wrong = encodings.find((encoding) => (encoding.kind === 'index') !== lengths || !canConvert(encoding.element, element));
  if (wrong !== undefined)
    return { unsupported: `${field.typeName} in a column of ${wrong.kind === 'index' ? 'list ends' : wrong.element}` };
  return { plan: { path, levels, values, lengths, element, text: false } };
}

/** The type of values by the field's type; by the column's where the field has none of its own (std::bitset). */
function leafElement(typeName: string, repetitive: boolean, stored: ElementType | undefined): ElementType | undefined {
  return typeName === '' || repetitive ? stored : fieldElement(typeName);
}

function planText(path: string, columns: readonly ColumnRecord[], above: readonly LevelPlan[]): Planned {
  const refusal = refuseColumns(columns, 2);
  if (refusal !== undefined) return { unsupported: refusal };
  const levels: LevelPlan[] = [...above, { kind: 'list', index: choice(columns, 0) }];
  return { plan: { path, levels, values: choice(columns, 1), lengths: false, element: 'u8', text: true } };
}

/** The list that a collection is, or why it cannot be read. */
export function planList(columns: readonly ColumnRecord[]): LevelPlan | string {
  return refuseColumns(columns, 1) ?? { kind: 'list', index: choice(columns, 0) };
}

/** The column at a place in each representation. */
function choice(columns: readonly ColumnRecord[], place: number): ColumnChoice {
  const representations = Map.groupBy(columns, (column) => column.representation);
  return [...representations.values()].flatMap((own) => own[place] ?? []);
}

function refuseColumns(columns: readonly ColumnRecord[], each: number): string | undefined {
  if (columns.length === 0) return 'it has no column';
  const counts = Map.groupBy(columns, (column) => column.representation);
  if ([...counts.values()].some((own) => own.length !== each)) return `it has ${columns.length} columns, where ${each} belong to it`;
  const unknown = columns.find((column) => encodingOf(column) === undefined);
  return unknown === undefined ? undefined : `columns of type 0x${unknown.type.toString(16)} with ${unknown.bits} bits are not read`;
}

/** The column type of a field, or why it has none. */
export function columnTypeOf({ levels, element, text }: FieldPlan): { readonly type: ColumnType } | { readonly unsupported: string } {
  const steps = (text ? levels.slice(0, -1) : levels).map((level) => (level.kind === 'list' ? 'list' : level.size));
  const type = formatColumnType(text ? 'text' : element, steps);
  return isColumnType(type) ? { type } : { unsupported: `columns ${type} are not read` };
}

/** All columns that a field's values may need. */
export function columnsOf({ levels, values }: FieldPlan): readonly ColumnChoice[] {
  return [...levels.flatMap((level) => (level.kind === 'list' ? [level.index] : [])), values];
}

/** Bytes of one value, or of one list's end, in memory. */
export function memoryBytes(plan: FieldPlan, column: ColumnChoice): number {
  return column === plan.values ? elementBytes(plan.element) : 4;
}
