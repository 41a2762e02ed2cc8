import { ConfigError, UnsupportedError } from '../../errors.ts';
import { type Axis, binCount, binEdges, extent } from '../../histogram/axis.ts';
import type { HistogramContents } from '../../histogram/contents.ts';
import { zlibCompressor } from './compress.ts';
import { namedText, RootFileWriter } from './file-writer.ts';
import type { RootObject } from './object-writer.ts';
import { createMemorySink } from './sink.ts';

/** A histogram and its title: `metadata.title`, or `metadata.label`, or its name. */
export interface RootHistogram extends HistogramContents {
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
}

/** One axis as ROOT has it: always with underflow and overflow. */
interface AxisBins {
  readonly axis: Axis;
  readonly bins: number;
  readonly edges: readonly number[];
  /** ROOT's cell of our first cell: a category axis has no underflow. */
  readonly shift: number;
}

/**
 * A ROOT file of TH1D and TH2D with Σw² and flow bins; a name such as `raw/data_A/m4l` puts its histogram into
 * directories. A category axis becomes labelled bins. The same histograms give the same bytes. ROOT's sums over x (for mean
 * and width) are made from bin centres. `texts` stand beside them, as TNamed at the top.
 * @throws UnsupportedError for more than two axes, ConfigError where a name stands twice or cannot be asked for in ROOT (see `objectNames`)
 */
export function histogramsToRoot(
  named: Readonly<Record<string, RootHistogram>>,
  texts: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sink = createMemorySink('histograms.root');
  const file = new RootFileWriter(sink, { name: sink.name, compressor: zlibCompressor });
  for (const [name, text] of Object.entries(texts)) file.writeObject(namedText(name, text), { name, title: text });
  for (const [path, histogram] of Object.entries(named)) {
    const cut = path.lastIndexOf('/');
    const name = path.slice(cut + 1);
    const { title = histogram.metadata?.['label'] ?? name } = histogram.metadata ?? {};
    const object = histogramObject(path, name, String(title), histogram);
    file.writeObject(object, { name, title: String(title), directory: path.slice(0, Math.max(cut, 0)) });
  }
  file.close();
  return sink.toBytes();
}

function histogramObject(path: string, name: string, title: string, { axes, sumw, sumw2, entries }: HistogramContents): RootObject {
  const [x, y, ...more] = axes.map(axisBins);
  if (x === undefined || more.length > 0)
    throw new UnsupportedError(`a histogram of ${axes.length} axes cannot be written`, { object: path });
  if (sumw.length !== sumw2.length || sumw.length !== extent(x.axis) * (y === undefined ? 1 : extent(y.axis))) {
    throw new ConfigError('the numbers of cells and bins differ', { object: path });
  }
  const cells = (x.bins + 2) * (y === undefined ? 1 : y.bins + 2);
  const values = inRootOrder(sumw, x, y, cells);
  const members = {
    ...style(),
    ...statistics(sumw, sumw2, x, y),
    fName: name,
    fTitle: title,
    fNcells: cells,
    fXaxis: axisObject('xaxis', x),
    fYaxis: axisObject('yaxis', y),
    fZaxis: axisObject('zaxis', undefined),
    fEntries: fillCount(entries, sumw, sumw2),
    fSumw2: inRootOrder(sumw2, x, y, cells),
    TArrayD: values,
  };
  return { className: y === undefined ? 'TH1D' : 'TH2D', members };
}

function axisBins(axis: Axis): AxisBins {
  return { axis, bins: binCount(axis), edges: binEdges(axis), shift: axis.type === 'category' ? 1 : 0 };
}

/** Ours has the last axis fastest, ROOT the first. */
function inRootOrder(values: Float64Array, x: AxisBins, y: AxisBins | undefined, cells: number): Float64Array {
  const result = new Float64Array(cells);
  const yExtent = y === undefined ? 1 : extent(y.axis);
  values.forEach((value, cell) => {
    const row = (cell % yExtent) + (y?.shift ?? 0);
    result[Math.floor(cell / yExtent) + x.shift + row * (x.bins + 2)] = value;
  });
  return result;
}

/** Sums over the bins without flow, each at its centre: what ROOT's mean and RMS come from. */
function statistics(sumw: Float64Array, sumw2: Float64Array, x: AxisBins, y: AxisBins | undefined): Record<string, number> {
  const sums = { fTsumw: 0, fTsumw2: 0, fTsumwx: 0, fTsumwx2: 0, fTsumwy: 0, fTsumwy2: 0, fTsumwxy: 0 };
  const yExtent = y === undefined ? 1 : extent(y.axis);
  sumw.forEach((weight, cell) => {
    const cx = centre(x, Math.floor(cell / yExtent));
    const cy = y === undefined ? 0 : centre(y, cell % yExtent);
    if (cx === undefined || cy === undefined) return;
    sums.fTsumw += weight;
    sums.fTsumw2 += sumw2[cell] ?? 0;
    sums.fTsumwx += weight * cx;
    sums.fTsumwx2 += weight * cx * cx;
    sums.fTsumwy += weight * cy;
    sums.fTsumwy2 += weight * cy * cy;
    sums.fTsumwxy += weight * cx * cy;
  });
  return sums;
}

/** Undefined for flow cells. */
function centre({ edges, shift }: AxisBins, cell: number): number | undefined {
  const low = edges[cell + shift - 1];
  const high = edges[cell + shift];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** The number of fills; where it is not known, the number of unit weights with the same relative error. */
function fillCount(entries: Float64Array, sumw: Float64Array, sumw2: Float64Array): number {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const fills = sum(entries);
  if (!Number.isNaN(fills)) return fills;
  const squares = sum(sumw2);
  return squares === 0 ? 0 : sum(sumw) ** 2 / squares;
}

function axisObject(name: string, described: AxisBins | undefined): RootObject {
  const look = { fNdivisions: 510, fAxisColor: 1, fLabelColor: 1, fLabelFont: 42, fLabelOffset: 0.005, fLabelSize: 0.035 };
  const titles = { fTickLength: 0.03, fTitleOffset: name === 'yaxis' ? 0 : 1, fTitleSize: 0.035, fTitleColor: 1, fTitleFont: 42 };
  const common = { ...look, ...titles, fName: name };
  if (described === undefined) return { className: 'TAxis', members: { ...common, fNbins: 1, fXmin: 0, fXmax: 1 } };
  const { axis, bins, edges } = described;
  const range = { fNbins: bins, fXmin: edges[0] ?? 0, fXmax: edges[bins] ?? 1, fTitle: axisTitle(axis) };
  const variable = axis.type === 'variable' ? { fXbins: edges } : {};
  const labels = axis.type === 'category' ? { fLabels: labelList(axis.categories) } : {};
  return { className: 'TAxis', members: { ...common, ...range, ...variable, ...labels } };
}

function axisTitle(axis: Axis): string {
  return axis.type === 'category' || axis.unit === '' ? axis.label : `${axis.label} [${axis.unit}]`;
}

/** The bins' labels; each knows its bin by its unique id. */
function labelList(categories: readonly string[]): RootObject {
  const items = categories.map((text, i) => ({ className: 'TObjString', members: { fUniqueID: i + 1, fString: text } }));
  return { className: 'THashList', members: {}, items };
}

/** What a histogram made in ROOT has: blue line, no limits, statistics options left to ROOT. */
function style(): Record<string, number> {
  return {
    ...{ fLineColor: 602, fLineStyle: 1, fLineWidth: 1, fFillStyle: 1001, fMarkerColor: 1, fMarkerStyle: 1, fMarkerSize: 1 },
    ...{ fBarWidth: 1000, fMaximum: -1111, fMinimum: -1111, fStatOverflows: 2, fScalefactor: 1 },
  };
}
