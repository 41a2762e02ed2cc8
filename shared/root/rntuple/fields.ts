/** The fields of an RNTuple as branches: parts of records and collections are found by their path, `jets.pt`. */
import { RootFormatError } from '../../errors.ts';
import type { BasketRef, Branch } from '../tree.ts';
import { pageBytes } from './encodings.ts';
import { columnsOf, columnTypeOf, type FieldPlan, type LevelPlan, planLeaf, planList } from './field-plan.ts';
import type { Cluster } from './page-list.ts';
import type { ColumnRecord, FieldRecord, Schema } from './schema.ts';

/** All fields: as branches, and how those that can be read are read. */
export interface Fields {
  readonly branches: readonly Branch[];
  readonly plans: ReadonlyMap<string, FieldPlan>;
}

interface Context {
  readonly parts: ReadonlyMap<number | undefined, readonly FieldRecord[]>;
  readonly columns: ReadonlyMap<number, readonly ColumnRecord[]>;
  readonly clusters: readonly Cluster[];
  readonly entries: number;
  readonly plans: Map<string, FieldPlan>;
}

/** Describes all fields. `clusters` are in order of their entries. */
export function describeFields({ fields, columns, aliases }: Schema, clusters: readonly Cluster[], entries: number): Fields {
  // Columns of projected fields are aliases of others'; representations stay together by their numbers.
  const borrowed = aliases.map(({ column, field }) => ({ ...(columns[column] as ColumnRecord), field }));
  const plans = new Map<string, FieldPlan>();
  const context: Context = {
    parts: Map.groupBy(fields, (field) => field.parent),
    columns: Map.groupBy([...columns, ...borrowed], (column) => column.field),
    clusters,
    entries,
    plans,
  };
  const branches = (context.parts.get(undefined) ?? []).map((field) => describeField(field, field.name, field, [], context));
  return { branches, plans };
}

/** `shown` is the field that the path names; `field` itself, or the nameless item of a list or array that it is. */
function describeField(field: FieldRecord, path: string, shown: FieldRecord, above: readonly LevelPlan[], context: Context): Branch {
  const columns = context.columns.get(field.id) ?? [];
  const parts = context.parts.get(field.id) ?? [];
  const refuse = (unsupported: string) => ({ ...emptyBranch(path, shown, context), unsupported });
  const [item] = parts;
  switch (field.role) {
    case 'variant':
      return refuse('variants are not read');
    case 'streamer':
      return refuse('objects in the format of TTrees are not read');
    case 'record':
      return describeRecord(parts, path, shown, above, context);
    case 'collection': {
      const list = planList(columns);
      if (typeof list === 'string') return refuse(list);
      if (parts.length === 1 && item?.name === '_0') return describeField(item, path, shown, [...above, list], context);
      return describeRecord(parts, path, shown, [...above, list], context);
    }
    case 'leaf': {
      if (item === undefined) break;
      const levels: readonly LevelPlan[] = field.arraySize === undefined ? above : [...above, { kind: 'fixed', size: field.arraySize }];
      return describeField(item, path, shown, levels, context);
    }
  }
  const planned = planLeaf(path, field, columns, above);
  return 'plan' in planned ? describePlan(planned.plan, shown, context) : refuse(planned.unsupported);
}

function describeRecord(
  parts: readonly FieldRecord[],
  path: string,
  shown: FieldRecord,
  above: readonly LevelPlan[],
  context: Context,
): Branch {
  const members = memberFields(parts, context);
  const names = Map.groupBy(members, ({ field }) => field.name);
  const children = members.map(({ field, base }) => {
    // Bases may have members of one name: these are called as C++ calls them.
    const name = (names.get(field.name)?.length ?? 0) > 1 && base !== undefined ? `${base}::${field.name}` : field.name;
    return describeField(field, `${path}.${name}`, field, above, context);
  });
  return {
    ...emptyBranch(path, shown, context),
    unsupported: children.length === 0 ? 'it has no members' : 'it is split into its members, which are branches of their own',
    children,
  };
}

/** Members of a record, those of its bases (fields named `:_0` ...) among them, with the direct base they come from. */
function memberFields(parts: readonly FieldRecord[], context: Context, base?: string): { field: FieldRecord; base: string | undefined }[] {
  return parts.flatMap((field) => {
    if (!field.name.startsWith(':_')) return [{ field, base }];
    return memberFields(context.parts.get(field.id) ?? [], context, base ?? field.typeName);
  });
}

function emptyBranch(path: string, { name, typeName, description }: FieldRecord, { entries }: Context): Branch {
  return {
    path,
    name,
    title: description,
    cppType: typeName === '' ? 'untyped' : typeName,
    columnType: undefined,
    layout: undefined,
    unsupported: undefined,
    entries,
    baskets: [],
    counter: undefined,
    compressedBytes: 0,
    uncompressedBytes: 0,
    children: [],
  };
}

function describePlan(plan: FieldPlan, shown: FieldRecord, context: Context): Branch {
  const { path } = plan;
  if (!context.plans.has(path)) context.plans.set(path, plan);
  const column = columnTypeOf(plan);
  const stored = columnsOf(plan).flat();
  let compressedBytes = 0;
  let uncompressedBytes = 0;
  const baskets: BasketRef[] = [];
  for (const { firstEntry, entries, columns } of context.clusters) {
    const own = stored.map((one) => columns[one.id]?.pages ?? []);
    const bytes = own.flat().reduce((sum, page) => sum + page.bytes, 0);
    compressedBytes += bytes;
    uncompressedBytes += own.reduce(
      (sum, pages, i) => sum + pages.reduce((all, page) => all + pageBytes(stored[i] as ColumnRecord, page.elements), 0),
      0,
    );
    // One a cluster, so that work is cut where clusters end. Where its pages are, only the plan knows.
    if (entries > 0)
      baskets.push({ firstEntry, endEntry: firstEntry + entries, seek: own.flat()[0]?.offset ?? 0, bytes, embedded: undefined });
  }
  return {
    ...emptyBranch(path, shown, context),
    columnType: 'type' in column ? column.type : undefined,
    unsupported: 'type' in column ? undefined : column.unsupported,
    baskets,
    compressedBytes,
    uncompressedBytes,
  };
}

/** Clusters in order, each beginning where the one before ends. @throws RootFormatError where they do not */
export function orderClusters(clusters: readonly Cluster[]): { readonly clusters: readonly Cluster[]; readonly entries: number } {
  const ordered = [...clusters].sort((a, b) => a.firstEntry - b.firstEntry);
  let entries = 0;
  for (const cluster of ordered) {
    if (cluster.firstEntry !== entries)
      throw new RootFormatError(`a cluster begins at entry ${cluster.firstEntry}, the one before ends at ${entries}`);
    entries += cluster.entries;
  }
  return { clusters: ordered, entries };
}
