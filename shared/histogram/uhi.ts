/**
 * Histograms as UHI JSON, schema version 1 (https://uhi.readthedocs.io/en/latest/serialization.html): what Python's `hist`,
 * boost-histogram and others exchange. The text is fixed for fixed contents: keys in a fixed order, one histogram a
 * line, numbers in their shortest form. Python reads it by `json.load(file, object_hook=uhi.io.json.object_hook)`.
 */
import { AnalysisError, MessageError, UnsupportedError } from '../errors.ts';
import { type Axis, extent } from './axis.ts';
import type { HistogramContents } from './contents.ts';
import { parseUhiHistogram } from './uhi-parse.ts';

/** Free text and numbers that go with a histogram; `name` and `label` are what Python's `hist` shows. */
export type UhiMetadata = Readonly<Record<string, string | number | boolean>>;

/** A histogram and its metadata. */
export interface UhiHistogram extends HistogramContents {
  readonly metadata?: UhiMetadata;
}

/**
 * One UHI file of named histograms, in the order given. The fills per cell have no place in weighted storage; they go into
 * `writer_info`, which other programs drop when they change a histogram, so that wrong counts never come back.
 *
 * @throws AnalysisError if a value is not finite: JSON has no such numbers.
 */
export function toUhi(named: Readonly<Record<string, UhiHistogram>>): string {
  const lines = Object.entries(named).map(([name, histogram]) => `${JSON.stringify(name)}: ${JSON.stringify(toIr(name, histogram))}`);
  return lines.length === 0 ? '{}\n' : `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * The histograms of a UHI file. `entries` is NaN where the file does not say; cells that a file's axes lack are 0.
 *
 * @throws MessageError if the text is not UHI JSON. @throws UnsupportedError for what higgsflow has no counterpart of:
 * profiles, circular or integer axes, sparse or unweighted float storage.
 */
export function fromUhi(text: string): Record<string, UhiHistogram> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    throw new MessageError('this is not JSON', { cause });
  }
  if (typeof file !== 'object' || file === null || Array.isArray(file))
    throw new MessageError('a UHI file is an object of named histograms');
  if ('uhi_schema' in file) {
    throw new UnsupportedError('this UHI file is a single histogram without a name', { hint: 'Write it as {"name": histogram}.' });
  }
  return Object.fromEntries(Object.entries(file).map(([name, ir]) => [name, parseUhiHistogram(name, ir)]));
}

function toIr(name: string, { axes, sumw, sumw2, entries, metadata = {} }: UhiHistogram): unknown {
  const numbers = [sumw, sumw2, Object.values(metadata).filter((value) => typeof value === 'number')];
  if (!numbers.every((values) => values.every(Number.isFinite))) {
    throw new AnalysisError('values that are not finite cannot be written', { object: name, hint: 'Check the weights and the scale.' });
  }
  return {
    uhi_schema: 1,
    ...(entries.some(Number.isNaN) ? {} : { writer_info: { higgsflow: { entries: entries.join(' ') } } }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    axes: axes.map(axisToIr),
    storage: { type: 'weighted', values: nested(sumw, axes), variances: nested(sumw2, axes) },
  };
}

function axisToIr(axis: Axis): unknown {
  const unit = axis.type === 'category' || axis.unit === '' ? {} : { unit: axis.unit };
  const metadata = { name: axis.name, label: axis.label, ...unit };
  if (axis.type === 'category') return { type: 'category_str', categories: axis.categories, flow: true, metadata };
  const flow = { underflow: true, overflow: true, circular: false, metadata };
  if (axis.type === 'variable') return { type: 'variable', edges: axis.edges, ...flow };
  return { type: 'regular', lower: axis.lo, upper: axis.hi, bins: axis.bins, ...flow };
}

/** A flat array in C order as arrays in arrays, one level an axis. */
function nested(flat: Float64Array, axes: readonly Axis[]): unknown[] {
  let level: unknown[] = Array.from(flat);
  for (const axis of axes.slice(1).toReversed()) {
    const size = extent(axis);
    level = Array.from({ length: level.length / size }, (_, i) => level.slice(i * size, (i + 1) * size));
  }
  return level;
}
