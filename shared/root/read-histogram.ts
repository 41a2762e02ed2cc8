/** ROOT's histograms, profiles and graphs as numbers. */
import { ConfigError, RootFormatError, UnsupportedError } from '../errors.ts';
import { type Axis, binCount, category, regular, variable } from '../histogram/axis.ts';
import { cellCount, type HistogramContents } from '../histogram/contents.ts';
import type { KeyEntry, RootFile } from './file.ts';
import { list, type Members, number, numbers, object, text } from './members.ts';
import type { RootObject } from './object-reader.ts';

/** A histogram as a file has it. */
export interface StoredHistogram {
  readonly className: string;
  readonly title: string;
  /** What its values are, by the title of the axis they are drawn over; may be empty. */
  readonly valueTitle: string;
  /** Fills, as ROOT counts them. */
  readonly entries: number;
  /** profile: values are means, and variances the squares of their errors. */
  readonly kind: 'counts' | 'profile';
  readonly contents: HistogramContents;
}

/** Points of a TGraph, with their errors where it has them. */
export interface StoredGraph {
  readonly className: string;
  readonly title: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly errors: Readonly<Partial<Record<'xLow' | 'xHigh' | 'yLow' | 'yHigh', readonly number[]>>>;
}

const HISTOGRAM = /^(?:TH([123])[CSILFD]|TProfile([23]?)D?)$/;
/** Also those that are not read. */
const LIKE_HISTOGRAM = /^T(H[123S]|Profile|Graph|Efficiency|MultiGraph)/;
const GRAPH = /^TGraph(?:Asymm)?(?:Errors)?$/;

/** True for classes that `readHistogram` reads. */
export function isHistogramClass(className: string): boolean {
  return HISTOGRAM.test(className);
}

/** True for classes that `readGraph` reads. */
export function isGraphClass(className: string): boolean {
  return GRAPH.test(className);
}

/**
 * Reads a histogram of one to three axes, or a profile.
 * @throws UnsupportedError for other classes and for what is not binned yet; RootFormatError where sizes contradict each other
 */
export async function readHistogram(file: RootFile, entry: KeyEntry): Promise<StoredHistogram> {
  const read = await file.object(entry);
  return file.withinNow(entry.path, () => parseHistogram(read));
}

/** Reads a graph. @throws UnsupportedError for other classes; RootFormatError where its arrays differ in length */
export async function readGraph(file: RootFile, entry: KeyEntry): Promise<StoredGraph> {
  const read = await file.object(entry);
  return file.withinNow(entry.path, () => parseGraph(read));
}

function parseHistogram({ className, members }: RootObject): StoredHistogram {
  const [, plain, profile] = HISTOGRAM.exec(className) ?? [];
  if (plain === undefined && profile === undefined) throw new UnsupportedError(`it is a ${className}, not a histogram`);
  const dimensions = Number(plain ?? (profile === '' ? '1' : profile));
  refuseBuffered(members);
  const axes = ['fXaxis', 'fYaxis', 'fZaxis'].slice(0, dimensions).map((name) => required(members, name).members);
  const cells = axes.reduce((product, axis) => product * (number(axis, 'fNbins') + 2), 1);
  const stored = cellArrays(members, cells, plain === undefined);
  const valueAxis = ['fYaxis', 'fZaxis'][dimensions - 1];
  return {
    className,
    title: text(members, 'fTitle'),
    valueTitle: valueAxis === undefined ? '' : text(required(members, valueAxis).members, 'fTitle'),
    entries: number(members, 'fEntries'),
    kind: plain === undefined ? 'profile' : 'counts',
    contents: toContents(axes, stored),
  };
}

/** Fills of a histogram whose range is not chosen yet wait in a buffer: its bins are empty. */
function refuseBuffered(members: Members): void {
  const buffer = members['fBuffer'] === undefined ? [] : numbers(members, 'fBuffer');
  if ((buffer[0] ?? 0) === 0) return;
  const hint = 'Call BufferEmpty() before writing it.';
  throw new UnsupportedError(`${Math.abs(buffer[0] ?? 0)} of its fills are not in bins yet`, { hint });
}

/** Per cell, in ROOT's order: the first axis runs fastest. */
interface Cells {
  readonly values: readonly number[];
  readonly variances: readonly number[];
  /** Fills; undefined where they are not known. */
  readonly entries: readonly number[] | undefined;
}

function cellArrays(members: Members, cells: number, profile: boolean): Cells {
  const values = numbers(members, 'fArray');
  const squares = arrayMember(members, 'fSumw2');
  if (values.length !== cells || (squares.length !== 0 && squares.length !== cells)) {
    throw new RootFormatError(`its axes have ${cells} cells, its arrays ${values.length} and ${squares.length}`);
  }
  if (profile) return profileCells(members, values, squares);
  // Without Σw² each fill counted 1, unless contents were set by hand: then they do not add up to the fills.
  if (squares.length > 0) return { values, variances: squares, entries: undefined };
  const counted = values.reduce((sum, value) => sum + value, 0) === number(members, 'fEntries');
  return { values, variances: values.map(Math.abs), entries: counted ? values : undefined };
}

/** The options of a profile's errors: ' ', 's', 'i', 'g'. */
const ERROR_MODES = ['mean', 'spread', 'integer', 'gauss'] as const;

/** Means and their errors, from Σwy (the contents), Σwy², Σw and Σw². */
function profileCells(members: Members, sums: readonly number[], squares: readonly number[]): Cells {
  const weights = arrayMember(members, 'fBinEntries');
  const weights2 = arrayMember(members, 'fBinSumw2');
  const mode = ERROR_MODES[number(members, 'fErrorMode')];
  if (weights.length !== sums.length || squares.length !== sums.length)
    throw new RootFormatError('a profile with arrays of several lengths');
  if (mode === undefined) throw new UnsupportedError(`a profile with errors of kind ${number(members, 'fErrorMode')}`);
  const values = sums.map((sum, i) => (weights[i] === 0 ? 0 : sum / (weights[i] as number)));
  const variances = values.map((mean, i) => {
    const weight = weights[i] as number;
    if (weight === 0) return 0;
    const square = weights2.length === sums.length ? (weights2[i] as number) : weight;
    const effective = square > 0 ? (weight * weight) / square : 0;
    const spread = Math.abs((squares[i] as number) / weight - mean * mean);
    if (mode === 'gauss') return 1 / weight;
    if (mode === 'spread') return spread;
    return (mode === 'integer' && spread === 0 ? 1 / 12 : spread) / effective;
  });
  return { values, variances, entries: undefined };
}

function toContents(described: readonly Members[], { values, variances, entries }: Cells): HistogramContents {
  const sizes = described.map((axis) => number(axis, 'fNbins') + 2);
  const axes = described.map((axis, i) => parseAxis(axis, i, hasUnderflow(values, sizes, i) || hasUnderflow(variances, sizes, i)));
  const cells = cellCount(axes);
  const contents = {
    axes,
    sumw: new Float64Array(cells),
    sumw2: new Float64Array(cells),
    entries: new Float64Array(cells).fill(Number.NaN),
  };
  values.forEach((value, cell) => {
    const to = ourCell(axes, sizes, cell);
    if (to === undefined) return;
    contents.sumw[to] = value;
    contents.sumw2[to] = variances[cell] as number;
    if (entries !== undefined) contents.entries[to] = entries[cell] as number;
  });
  return contents;
}

/** Our cell of ROOT's; undefined for the underflow of categories, which have none. */
function ourCell(axes: readonly Axis[], sizes: readonly number[], cell: number): number | undefined {
  let rest = cell;
  const indices = sizes.map((size) => {
    const index = rest % size;
    rest = Math.floor(rest / size);
    return index;
  });
  let ours = 0;
  for (const [i, axis] of axes.entries()) {
    const shift = axis.type === 'category' ? 1 : 0;
    const index = (indices[i] as number) - shift;
    if (index < 0) return undefined;
    ours = ours * (binCount(axis) + 2 - shift) + index;
  }
  return ours;
}

function hasUnderflow(values: readonly number[], sizes: readonly number[], axis: number): boolean {
  const stride = sizes.slice(0, axis).reduce((product, size) => product * size, 1);
  return values.some((value, cell) => value !== 0 && Math.floor(cell / stride) % (sizes[axis] as number) === 0);
}

const AXIS_NAMES = ['x', 'y', 'z'];

/** Bins with a label each are categories, unless something is below them, where categories have no place. */
function parseAxis(members: Members, index: number, underflow: boolean): Axis {
  const name = AXIS_NAMES[index] ?? '';
  const bins = number(members, 'fNbins');
  const title = text(members, 'fTitle');
  const [, label = title, unit = ''] = /^(.*) \[([^\]]*)\]$/.exec(title) ?? [];
  const described = { name, label: label === '' ? name : label, unit };
  const edges = arrayMember(members, 'fXbins');
  const labels = binLabels(members, bins);
  try {
    if (labels !== undefined && !underflow) return category(labels, { name, label: title === '' ? name : title });
    if (edges.length === bins + 1) return variable(edges, described);
    return regular(bins, number(members, 'fXmin'), number(members, 'fXmax'), described);
  } catch (error) {
    if (error instanceof ConfigError) throw new UnsupportedError(`its ${name} axis: ${error.reason}`);
    throw error;
  }
}

/** The bins' labels, where each has one of its own. */
function binLabels(members: Members, bins: number): string[] | undefined {
  if (members['fLabels'] === undefined) return undefined;
  const labels = new Map<number, string>();
  for (const item of list(members, 'fLabels'))
    if (item !== undefined) labels.set(number(item.members, 'uniqueId'), text(item.members, 'value'));
  const all = labels.size === bins ? Array.from({ length: bins }, (_, bin) => labels.get(bin + 1)) : [];
  const known = all.filter((label) => label !== undefined);
  return known.length === bins && new Set(known).size === bins ? known : undefined;
}

function parseGraph({ className, members }: RootObject): StoredGraph {
  if (!isGraphClass(className)) throw new UnsupportedError(`it is a ${className}, not a graph`);
  const [x, y] = [numbers(members, 'fX'), numbers(members, 'fY')];
  const errors = {
    ...graphErrors(members, 'xLow', 'fEX', 'fEXlow'),
    ...graphErrors(members, 'xHigh', 'fEX', 'fEXhigh'),
    ...graphErrors(members, 'yLow', 'fEY', 'fEYlow'),
    ...graphErrors(members, 'yHigh', 'fEY', 'fEYhigh'),
  };
  if ([y, ...Object.values(errors)].some(({ length }) => length !== x.length))
    throw new RootFormatError('a graph with arrays of several lengths');
  return { className, title: text(members, 'fTitle'), x, y, errors };
}

function graphErrors(members: Members, name: keyof StoredGraph['errors'], ...places: readonly string[]): StoredGraph['errors'] {
  const place = places.find((member) => members[member] !== undefined);
  return place === undefined ? {} : { [name]: numbers(members, place) };
}

/** A member of a TArray class. */
function arrayMember(members: Members, name: string): readonly number[] {
  return numbers(required(members, name).members, 'values');
}

function required(members: Members, name: string): RootObject {
  const found = object(members, name);
  if (found === undefined) throw new RootFormatError(`member ${name} is missing`);
  return found;
}

/**
 * The newest histogram, profile or graph of this path, or the one of a cycle (`dir/name;2`).
 * @throws ConfigError where there is none of the name, with those there are
 */
export async function findHistogram(file: RootFile, path: string): Promise<KeyEntry> {
  const found = await file.find(path);
  if (found !== undefined && LIKE_HISTOGRAM.test(found.key.className)) return found;
  const keys = await file.keys();
  const paths = [
    ...new Set(keys.filter(({ key }) => isHistogramClass(key.className) || isGraphClass(key.className)).map((entry) => entry.path)),
  ];
  const shown = paths.length > 20 ? `${paths.slice(0, 20).join(', ')} and ${paths.length - 20} more` : paths.join(', ');
  const hint = paths.length === 0 ? 'The file has no histogram or graph.' : `Its histograms and graphs: ${shown}.`;
  const reason = found === undefined ? `there is no '${path}'` : `'${path}' is of class ${found.key.className}, not a histogram`;
  throw new ConfigError(reason, { file: file.source.name, hint });
}
