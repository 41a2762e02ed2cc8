/** The words on a plot: label block, axis titles, flow note, numbers. */
import { type Axis, binEdges } from '../histogram/axis.ts';
import { datasetsOfKind } from './group-sums.ts';
import type { DatasetSnapshot, Progress, RunSnapshot } from './snapshot.ts';

export interface PlotLabel {
  /** Drawn bold italic: "ATLAS"; "TOY DATA" where any input is generated. */
  readonly strong: string;
  /** Follows on the same line: "Open Data". */
  readonly status: string;
  /** Below: energy and luminosity, channel. */
  readonly lines: readonly string[];
  /** How much of the run the plot stands on; empty when it is all. */
  readonly completeness: string;
  readonly toy: boolean;
}

/** Characters of a title in the label block. */
const TITLE = 60;

/**
 * The label block: who measured, at what energy, with how much of the data, in which channel. Where nobody tells the channel,
 * or who measured, the histogram's title stands there.
 */
export function plotLabel(snapshot: RunSnapshot, histogramTitle = ''): PlotLabel {
  const { name, status, channel } = snapshot.experiment;
  const title = shortened(histogramTitle, TITLE);
  const isFirst = !snapshot.toy && name === '' && status === '';
  const lines = [conditionsText(snapshot), channel === '' && !isFirst ? title : channel].filter((line) => line !== '');
  const rest = { lines, completeness: completenessText(snapshot), toy: snapshot.toy };
  if (!snapshot.toy) return { strong: name, status: isFirst ? title : status, ...rest };
  return { strong: 'TOY DATA', status: name === '' ? 'generated, not measured' : `in ${name} format`, ...rest };
}

/** All lines under the first. */
export function labelLines({ lines, completeness }: PlotLabel): readonly string[] {
  return completeness === '' ? lines : [...lines, completeness];
}

/** "√s = 13 TeV, 10.0 fb⁻¹"; "√s = 13 TeV, 4.35 of 10.0 fb⁻¹" as long as not all of the data is read. */
function conditionsText({ experiment }: RunSnapshot): string {
  const { energyTeV, luminosityFb: all, luminosityReadFb: read } = experiment;
  const energy = energyTeV === undefined ? '' : `√s = ${energyTeV} TeV`;
  const whole = all ?? read;
  if (whole === undefined) return energy;
  const part = read !== undefined && all !== undefined && Math.abs(read - all) > 1e-6 * all;
  const luminosity = part ? `${luminosityText(read)} of ${luminosityText(whole)} fb⁻¹` : `${luminosityText(whole)} fb⁻¹`;
  return energy === '' ? luminosity : `${energy}, ${luminosity}`;
}

/** Three significant digits, and one decimal at least: "10.0", "3.66", "0.14", "139.0". */
function luminosityText(luminosityFb: number): string {
  const [oneDecimal, threeDigits] = [luminosityFb.toFixed(1), String(Number(luminosityFb.toPrecision(3)))];
  return threeDigits.length > oneDecimal.length ? threeDigits : oneDecimal;
}

/** Empty for a complete run; otherwise what share of the entries the plot stands on. Never rounds up to 100 %. */
export function completenessText({ state, totals }: Pick<RunSnapshot, 'state' | 'totals'>): string {
  if (state === 'complete') return '';
  const read = `${aboutText(totals.entriesExpected)}${percentText(totals.completeness)} of entries read`;
  if (state === 'running') return read;
  return `${state === 'cancelled' ? 'Cancelled' : 'Incomplete'}: ${read}`;
}

/** What MC is normalised to, and how much of data and MC that rests on. Empty without MC. */
export function normalisationText(snapshot: RunSnapshot): string {
  const simulated = datasetsOfKind(snapshot, 'background', 'signal');
  if (simulated.length === 0) return '';
  const { luminosityReadFb } = snapshot.experiment;
  const to =
    luminosityReadFb === undefined ? 'as the analysis weights it' : `normalised to ${luminosityText(luminosityReadFb)} fb⁻¹ of data read`;
  const shares = [
    { what: 'data', read: shareRead(datasetsOfKind(snapshot, 'data')) },
    { what: 'MC', read: shareRead(simulated) },
  ].flatMap(({ what, read }) => (read === undefined || read >= 1 ? [] : [`${percentText(read)} of ${what} entries`]));
  const rest = shares.length === 0 ? '' : `; it rests on ${shares.join(' and ')}`;
  return `MC is ${to}${rest}.`;
}

/** Of all entries of these datasets; undefined while nobody knows how many there are. */
function shareRead(datasets: readonly DatasetSnapshot[]): number | undefined {
  let [committed, expected] = [0, 0];
  for (const { entriesCommitted, entriesExpected } of datasets) {
    if (entriesExpected === undefined) return undefined;
    committed += entriesCommitted;
    expected += entriesExpected;
  }
  return expected === 0 ? undefined : committed / expected;
}

/** A share 0..1 in per cent, rounded down, so that only all is 100 %. */
export function percentText(share: number): string {
  const percent = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) * 100 : 0;
  return percent >= 99 && percent < 100 ? `${(Math.floor(percent * 10) / 10).toFixed(1)} %` : `${Math.floor(percent)} %`;
}

/** "≈ " before shares of entries where nobody knows how many some files have. */
export function aboutText(entriesExpected: number | undefined): string {
  return entriesExpected === undefined ? '≈ ' : '';
}

/** How much of the entries is read, in tenths of a per cent, rounded down. */
export function readText({ completeness, entriesExpected }: Pick<Progress, 'completeness' | 'entriesExpected'>): string {
  return `${aboutText(entriesExpected)}${(Math.floor(completeness * 1000) / 10).toFixed(1)} %`;
}

/** "m [GeV]", or the label alone where the axis has no unit. */
export function xTitle(axis: Axis): string {
  return axis.type === 'category' || axis.unit === '' ? axis.label : `${axis.label} [${axis.unit}]`;
}

/** "Events / 5 GeV" for bins of one width, "Events / bin" otherwise, "Events" over categories. */
export function yTitle(axis: Axis): string {
  if (axis.type === 'category') return 'Events';
  const edges = binEdges(axis);
  const widths = edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0));
  const width = widths[0] ?? 0;
  if (widths.some((other) => Math.abs(other - width) > 1e-6 * width)) return 'Events / bin';
  return `Events / ${Number(width.toPrecision(3))}${axis.unit === '' ? '' : ` ${axis.unit}`}`;
}

/** A number of events: whole numbers as they are, others with about three digits. */
export function countText(value: number): string {
  if (Number.isInteger(value)) return groupDigits(String(value));
  const size = Math.abs(value);
  if (size >= 1000) return groupDigits(value.toFixed(0));
  if (size >= 100) return value.toFixed(1);
  if (size >= 0.095) return value.toFixed(2);
  return String(Number(value.toPrecision(2)));
}

function groupDigits(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

export interface FlowContent {
  readonly what: string;
  readonly below: number;
  readonly above: number;
}

/** "Outside the range: data 3 below, 132 above; MC 0.12 below, 129 above". Empty when all is inside. */
export function flowNote(contents: readonly FlowContent[]): string {
  const parts = contents.flatMap(({ what, below, above }) => {
    const sides = [below === 0 ? '' : `${countText(below)} below`, above === 0 ? '' : `${countText(above)} above`];
    const text = sides.filter((side) => side !== '').join(', ');
    return text === '' ? [] : [`${what} ${text}`];
  });
  return parts.length === 0 ? '' : `Outside the range: ${parts.join('; ')}`;
}

/** "NaN or infinity, not drawn, in 2 bins". Empty when there is none. */
export function notFiniteNote(values: Iterable<number>): string {
  let bins = 0;
  for (const value of values) if (!Number.isFinite(value)) bins++;
  return bins === 0 ? '' : `NaN or infinity, not drawn, in ${binsText(bins)}`;
}

/** "Below 0, not drawn: data in 25 bins; MC in 1 bin", for a logarithmic scale. Empty when there is none. */
export function belowZeroNote(contents: readonly { readonly what: string; readonly values: readonly number[] }[]): string {
  const parts = contents.flatMap(({ what, values }) => {
    const bins = values.filter((value) => value < 0).length;
    return bins === 0 ? [] : [`${what} in ${binsText(bins)}`];
  });
  return parts.length === 0 ? '' : `Below 0, not drawn: ${parts.join('; ')}`;
}

function binsText(bins: number): string {
  return `${bins} bin${bins === 1 ? '' : 's'}`;
}

/** What is not empty of the notes of a plot, as one. */
export function joinNotes(...notes: readonly string[]): string {
  return notes.filter((note) => note !== '').join('. ');
}

/** At most `characters` of it, ending in … where that is not all. */
export function shortened(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1).trimEnd()}…`;
}
