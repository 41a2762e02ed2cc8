/**
 * Histogram axes; binning.ts finds a value's cell on them. Every axis has an extent: its bins plus underflow (index 0)
 * and overflow (last index); a category axis has no underflow, and its overflow takes what is in no category.
 */
import { ConfigError } from '../errors.ts';

export interface RegularAxis {
  readonly type: 'regular';
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly bins: number;
  readonly lo: number;
  readonly hi: number;
}

export interface VariableAxis {
  readonly type: 'variable';
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly edges: readonly number[];
}

export interface CategoryAxis {
  readonly type: 'category';
  readonly name: string;
  readonly label: string;
  readonly categories: readonly string[];
}

export type Axis = RegularAxis | VariableAxis | CategoryAxis;

interface AxisText {
  readonly name: string;
  readonly label?: string;
  readonly unit?: string;
}

/** Users' files call these functions as well, unchecked. */
function requireName(text: AxisText | undefined, call: string): AxisText {
  if (typeof text?.name === 'string') return text;
  throw new ConfigError('axis needs a name', { hint: `Write it as the last argument: \`${call}, { name: 'x' })\`.` });
}

/** `bins` bins of equal width over [lo, hi). */
export function regular(bins: number, lo: number, hi: number, text: AxisText): RegularAxis {
  const { name, label = name, unit = '' } = requireName(text, `regular(${bins}, ${lo}, ${hi}`);
  if (!Number.isInteger(bins) || bins < 1) throw new ConfigError(`axis needs a whole number of bins, not ${bins}`, { object: name });
  if (!(Number.isFinite(lo) && Number.isFinite(hi) && lo < hi)) throw new ConfigError(`axis range ${lo}..${hi} is empty`, { object: name });
  // Past this the binning rule itself overflows, and a value would fall nowhere.
  if (!Number.isFinite(bins * (hi - lo))) throw new ConfigError(`axis range ${lo}..${hi} is too wide`, { object: name });
  return { type: 'regular', name, label, unit, bins, lo, hi };
}

/** Bins between the given edges, which must grow. */
export function variable(edges: readonly number[], text: AxisText): VariableAxis {
  const { name, label = name, unit = '' } = requireName(text, 'variable([80, 100, 150]');
  const growing = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] ?? Number.NaN)));
  if (edges.length < 2 || !growing) throw new ConfigError('axis edges must be finite and grow', { object: name });
  return { type: 'variable', name, label, unit, edges: [...edges] };
}

/** One bin a category, filled by its index. */
export function category(categories: readonly string[], text: Omit<AxisText, 'unit'>): CategoryAxis {
  const { name, label = name } = requireName(text, "category(['ee', 'µµ']");
  if (new Set(categories).size !== categories.length) throw new ConfigError('axis categories must differ', { object: name });
  return { type: 'category', name, label, categories: [...categories] };
}

/** Number of bins without flow. */
export function binCount(axis: Axis): number {
  if (axis.type === 'regular') return axis.bins;
  return axis.type === 'variable' ? axis.edges.length - 1 : axis.categories.length;
}

/** Number of cells: bins, overflow, and (not for categories) underflow. */
export function extent(axis: Axis): number {
  return binCount(axis) + (axis.type === 'category' ? 1 : 2);
}

/** The bins + 1 edges; a category axis has edges 0, 1, 2 ... */
export function binEdges(axis: Axis): number[] {
  if (axis.type === 'variable') return [...axis.edges];
  if (axis.type === 'category') return Array.from({ length: axis.categories.length + 1 }, (_, i) => i);
  const { bins, lo, hi } = axis;
  return Array.from({ length: bins + 1 }, (_, i) => (i === bins ? hi : lo + (i * (hi - lo)) / bins));
}

/** True if both have the same bins: what merging asks for. Labels may differ. */
export function sameBins(a: Axis, b: Axis): boolean {
  if (a.type === 'regular' && b.type === 'regular') return a.bins === b.bins && a.lo === b.lo && a.hi === b.hi;
  if (a.type === 'variable' && b.type === 'variable')
    return a.edges.length === b.edges.length && a.edges.every((edge, i) => edge === b.edges[i]);
  if (a.type === 'category' && b.type === 'category') {
    return a.categories.length === b.categories.length && a.categories.every((text, i) => text === b.categories[i]);
  }
  return false;
}
