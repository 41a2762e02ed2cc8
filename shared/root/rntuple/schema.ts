/** The schema as the header and the footer list it: fields, the columns that hold them, and aliases of columns. */
import { RootFormatError, UnsupportedError } from '../../errors.ts';
import { type Envelope, type EnvelopeLink, readLocator, refuseFeatures } from './envelope.ts';
import type { LittleCursor } from './little-cursor.ts';

export type FieldRole = 'leaf' | 'collection' | 'record' | 'variant' | 'streamer';

const ROLES: readonly FieldRole[] = ['leaf', 'collection', 'record', 'variant', 'streamer'];

export interface FieldRecord {
  readonly id: number;
  /** Undefined for a top-level field. */
  readonly parent: number | undefined;
  readonly role: FieldRole;
  readonly name: string;
  readonly typeName: string;
  readonly description: string;
  /** For fixed-size arrays. */
  readonly arraySize: number | undefined;
}

export interface ColumnRecord {
  readonly id: number;
  /** Code of the specification's table of column types. */
  readonly type: number;
  readonly bits: number;
  readonly field: number;
  readonly representation: number;
  /** True where the column was added after the first entries: those have zeros. */
  readonly deferred: boolean;
  /** Range of a quantised column. */
  readonly min: number;
  readonly max: number;
}

/** A column that a projected field borrows. */
export interface AliasRecord {
  readonly column: number;
  readonly field: number;
}

export interface Schema {
  readonly fields: readonly FieldRecord[];
  readonly columns: readonly ColumnRecord[];
  readonly aliases: readonly AliasRecord[];
}

export interface Header extends Schema {
  readonly name: string;
  readonly description: string;
}

export function parseHeader({ cursor }: Envelope): Header {
  refuseFeatures(cursor);
  const name = cursor.string();
  const description = cursor.string();
  cursor.string(); // the program that wrote it
  return { name, description, ...parseSchema(cursor, { fields: [], columns: [], aliases: [] }) };
}

export interface ClusterGroup {
  readonly clusters: number;
  readonly pageList: EnvelopeLink;
}

export interface Footer {
  /** The header's, and what was added while entries were written. */
  readonly schema: Schema;
  readonly groups: readonly ClusterGroup[];
}

/** @throws RootFormatError where the footer belongs to another header */
export function parseFooter({ cursor }: Envelope, header: Schema, headerChecksum: bigint): Footer {
  refuseFeatures(cursor);
  checkHeader(cursor, headerChecksum, 'footer');
  const schema = cursor.record(() => (cursor.remaining === 0 ? header : parseSchema(cursor, header)));
  const groups = cursor.items(8, () =>
    cursor.record(() => {
      cursor.u64(); // first entry
      cursor.u64(); // entries
      const clusters = cursor.u32();
      const length = cursor.u64();
      return { clusters, pageList: { length, ...readLocator(cursor) } };
    }),
  );
  return { schema, groups };
}

/** Checks that an envelope belongs to the header with this checksum. */
export function checkHeader(cursor: LittleCursor, checksum: bigint, what: string): void {
  if (cursor.bits64() !== checksum) throw new RootFormatError(`the ${what} belongs to another header`);
}

/** Reads the lists of fields, columns and aliases behind those known already. */
function parseSchema(cursor: LittleCursor, { fields, columns, aliases }: Schema): Schema {
  const allFields = [...fields, ...cursor.items(8, (index) => cursor.record(() => parseField(cursor, fields.length + index)))];
  const allColumns = [...columns, ...cursor.items(8, (index) => cursor.record(() => parseColumn(cursor, columns.length + index)))];
  const allAliases = [...aliases, ...cursor.items(8, () => cursor.record(() => ({ column: cursor.u32(), field: cursor.u32() })))];
  const schema = { fields: allFields, columns: allColumns, aliases: allAliases };
  checkSchema(schema);
  return schema;
}

function checkSchema({ fields, columns, aliases }: Schema): void {
  for (const { id, parent, name } of fields) {
    if (parent !== undefined && parent >= id) throw new RootFormatError(`field ${name} stands before the field that it is part of`);
  }
  for (const { id, field } of columns) {
    if (field >= fields.length) throw new RootFormatError(`column ${id} belongs to field ${field} of ${fields.length}`);
  }
  for (const { field, column } of aliases) {
    if (field >= fields.length || column >= columns.length) throw new RootFormatError('an alias of a column that does not exist');
  }
}

const REPETITIVE = 1;
const PROJECTED = 2;

function parseField(cursor: LittleCursor, id: number): FieldRecord {
  cursor.u32(); // version of the field
  cursor.u32(); // version of the type
  const parent = cursor.u32();
  const roleCode = cursor.u16();
  const flags = cursor.u16();
  const name = cursor.string();
  const typeName = cursor.string();
  cursor.string(); // the type as its author wrote it
  const description = cursor.string();
  const arraySize = (flags & REPETITIVE) === 0 ? undefined : cursor.u64();
  if ((flags & PROJECTED) !== 0) cursor.u32(); // its source: the aliases say more
  const role = ROLES[roleCode];
  if (role === undefined) throw new UnsupportedError(`field ${name} with the structural role ${roleCode}`);
  return { id, parent: parent === id ? undefined : parent, role, name, typeName, description, arraySize };
}

const DEFERRED = 1;
const RANGE = 2;

function parseColumn(cursor: LittleCursor, id: number): ColumnRecord {
  const type = cursor.u16();
  const bits = cursor.u16();
  const field = cursor.u32();
  const flags = cursor.u16();
  const representation = cursor.u16();
  const deferred = (flags & DEFERRED) !== 0;
  if (deferred) cursor.bits64(); // its first element: pages and entries say as much
  const [min, max] = (flags & RANGE) === 0 ? [0, 0] : [cursor.f64(), cursor.f64()];
  return { id, type, bits, field, representation, deferred, min, max };
}
