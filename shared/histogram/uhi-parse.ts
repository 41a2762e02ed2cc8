/** One histogram of a UHI JSON file, checked: nothing in it is believed, and no size in it is used before data bear it out. */
import { isPipelineError, MessageError, UnsupportedError } from '../errors.ts';
import { type Axis, binCount, category, regular, variable } from './axis.ts';
import { cellCount, cellIndices } from './contents.ts';
import type { UhiHistogram } from './uhi.ts';

type Json = Readonly<Record<string, unknown>>;

/** An axis and which of our flow cells the file has. */
interface FileAxis {
  readonly axis: Axis;
  readonly underflow: boolean;
  readonly overflow: boolean;
}

/** See `fromUhi`. */
export function parseUhiHistogram(name: string, value: unknown): UhiHistogram {
  try {
    return parseHistogram(objectOf(value, 'a histogram'));
  } catch (error) {
    if (isPipelineError(error, 'ConfigError')) throw new MessageError(error.reason, { object: name, cause: error });
    throw isPipelineError(error) ? error.at({ object: name }) : error;
  }
}

function parseHistogram(ir: Json): UhiHistogram {
  if (ir['uhi_schema'] !== 1) throw new UnsupportedError(`UHI schema ${shown(ir['uhi_schema'])} is not known, only 1`);
  const fileAxes = arrayOf(ir['axes'], 'axes').map(parseAxis);
  if (fileAxes.length < 1 || fileAxes.length > 2) throw new UnsupportedError(`${fileAxes.length} axes are not read, only one or two`);
  const axes = fileAxes.map(({ axis }) => axis);
  const storage = objectOf(ir['storage'], 'storage');
  if (storage['type'] !== 'weighted' && storage['type'] !== 'int') {
    throw new UnsupportedError(`storage ${shown(storage['type'])} is not read, only "weighted" and "int"`, {
      hint: 'Fill with Weight() storage.',
    });
  }
  if ('index' in storage) throw new UnsupportedError('sparse storage is not read', { hint: 'Write it dense.' });
  const values = flatten(storage['values'], fileAxes);
  const counts = storage['type'] === 'int';
  const variances = counts ? values : flatten(storage['variances'], fileAxes);
  const entries = counts ? values : parseEntries(ir, values.length);
  const shaped = { axes, sumw: withFlow(values, fileAxes), sumw2: withFlow(variances, fileAxes), entries: withFlow(entries, fileAxes) };
  return ir['metadata'] === undefined ? shaped : { ...shaped, metadata: parseMetadata(ir['metadata']) };
}

function parseAxis(value: unknown): FileAxis {
  const ir = objectOf(value, 'an axis');
  const metadata = ir['metadata'] === undefined ? {} : parseMetadata(ir['metadata']);
  const text = (key: string, otherwise: string): string => (typeof metadata[key] === 'string' ? metadata[key] : otherwise);
  const name = text('name', '');
  const label = text('label', name);
  const unit = text('unit', '');
  if (ir['type'] === 'category_str') {
    const categories = arrayOf(ir['categories'], 'categories').map((item) => {
      if (typeof item !== 'string') throw new MessageError('categories must be strings');
      return item;
    });
    return { axis: category(categories, { name, label }), underflow: false, overflow: booleanOf(ir, 'flow') };
  }
  if (ir['type'] !== 'regular' && ir['type'] !== 'variable') {
    throw new UnsupportedError(`axis type ${shown(ir['type'])} is not read, only regular, variable and category_str`);
  }
  if (booleanOf(ir, 'circular')) throw new UnsupportedError('circular axes are not read');
  const axis =
    ir['type'] === 'regular'
      ? regular(numberOf(ir['bins']), numberOf(ir['lower']), numberOf(ir['upper']), { name, label, unit })
      : variable(arrayOf(ir['edges'], 'edges').map(numberOf), { name, label, unit });
  return { axis, underflow: booleanOf(ir, 'underflow'), overflow: booleanOf(ir, 'overflow') };
}

/** Number of cells that the file holds along an axis. */
function fileExtent({ axis, underflow, overflow }: FileAxis): number {
  return binCount(axis) + (underflow ? 1 : 0) + (overflow ? 1 : 0);
}

/** Nested arrays as one flat array; every level must be as long as its axis says. */
function flatten(value: unknown, axes: readonly FileAxis[]): number[] {
  const [first, ...rest] = axes;
  if (first === undefined) return [numberOf(value)];
  const level = arrayOf(value, 'values and variances');
  if (level.length !== fileExtent(first)) {
    throw new MessageError(`${level.length} values along axis "${first.axis.name}", which has ${fileExtent(first)} cells`);
  }
  return rest.length === 0 ? level.map(numberOf) : level.flatMap((inner) => flatten(inner, rest));
}

/** Spreads the file's cells over ours, which always have flow. */
function withFlow(values: readonly number[], fileAxes: readonly FileAxis[]): Float64Array {
  const axes = fileAxes.map(({ axis }) => axis);
  const cells = new Float64Array(cellCount(axes));
  if (cells.length === values.length) return Float64Array.from(values);
  for (let cell = 0; cell < cells.length; cell++) {
    let from = 0;
    const indices = cellIndices(axes, cell);
    for (const [i, fileAxis] of fileAxes.entries()) {
      const missing = fileAxis.axis.type !== 'category' && !fileAxis.underflow ? 1 : 0;
      const index = (indices[i] ?? 0) - missing;
      const size = fileExtent(fileAxis);
      from = index < 0 || index >= size ? Number.NaN : from * size + index;
    }
    cells[cell] = Number.isNaN(from) ? 0 : (values[from] ?? 0);
  }
  return cells;
}

function parseEntries(ir: Json, length: number): number[] {
  const info = ir['writer_info'] === undefined ? {} : objectOf(ir['writer_info'], 'writer_info');
  const ours = info['higgsflow'] === undefined ? {} : objectOf(info['higgsflow'], 'writer_info');
  const text = ours['entries'];
  if (text === undefined) return new Array<number>(length).fill(Number.NaN);
  const entries = typeof text === 'string' ? text.split(' ').map(Number) : [];
  const valid = entries.length === length && entries.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!valid) throw new MessageError('the entries in writer_info are not one count a cell');
  return entries;
}

function parseMetadata(value: unknown): Readonly<Record<string, string | number | boolean>> {
  const metadata = objectOf(value, 'metadata');
  for (const [key, item] of Object.entries(metadata)) {
    if (typeof item === 'string' || typeof item === 'boolean' || typeof item === 'number') continue;
    throw new MessageError(`metadata "${key}" must be a string, a number or a boolean`);
  }
  return metadata as Readonly<Record<string, string | number | boolean>>;
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new MessageError(`${what} must be an object`);
}

function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new MessageError(`${what} must be an array`);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new MessageError(`${shown(value)} stands where a finite number must be`);
}

function booleanOf(ir: Json, key: string): boolean {
  const value = ir[key];
  if (typeof value === 'boolean') return value;
  throw new MessageError(`"${key}" must be true or false`);
}

/** A value for an error text: short, whatever a file puts there. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' ? 'an object or nothing' : String(value);
}
