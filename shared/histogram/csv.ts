/** Many histograms as one tidy CSV table (RFC 4180 quoting, lines end in "\n"): one line a cell, for spreadsheets and data frames. */
import { ConfigError } from '../errors.ts';
import { type Axis, binCount, binEdges } from './axis.ts';
import { cellIndices, type HistogramContents } from './contents.ts';

/** One histogram, and what tells it from the others in the table: all rows have the same label keys. */
export interface CsvRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly contents: HistogramContents;
}

/**
 * Columns: the labels; axis, lo, hi, category for the first axis (axis2, lo2 ... for the second where any histogram has
 * one); value (Σw), error (sqrt(Σw²)), entries. Flow cells reach to -inf and inf. Numbers are in their shortest exact form;
 * what does not apply is empty. `marks` are further columns behind these, the same in each line.
 *
 * @throws ConfigError if the rows' label keys differ.
 */
export function toCsv(rows: Iterable<CsvRow>, marks: Readonly<Record<string, string>> = {}): string {
  const list = [...rows];
  const labels = Object.keys(list[0]?.labels ?? {});
  const axisCount = Math.max(1, ...list.map(({ contents }) => contents.axes.length));
  const axisColumns = Array.from({ length: axisCount }, (_, i) =>
    ['axis', 'lo', 'hi', 'category'].map((text) => text + (i === 0 ? '' : i + 1)),
  );
  const lines = [[...labels, ...axisColumns.flat(), 'value', 'error', 'entries', ...Object.keys(marks)]];
  for (const { labels: own, contents } of list) {
    if (Object.keys(own).length !== labels.length || labels.some((key) => !Object.hasOwn(own, key))) {
      throw new ConfigError(`CSV rows have different labels: ${Object.keys(own).join(', ')}; expected ${labels.join(', ')}`);
    }
    const start = labels.map((key) => own[key] ?? '');
    const cells = contents.axes.map(axisCells);
    for (const [cell, value] of contents.sumw.entries()) {
      const places = cellIndices(contents.axes, cell).flatMap((index, i) => cells[i]?.[index] ?? []);
      const blanks = new Array<string>(4 * (axisCount - contents.axes.length)).fill('');
      // In range: the three arrays are equally long.
      const numbers = [value, Math.sqrt(contents.sumw2[cell]!), contents.entries[cell]!].map(numberText);
      lines.push([...start, ...places, ...blanks, ...numbers, ...Object.values(marks)]);
    }
  }
  return lines.map((fields) => `${fields.map(quoted).join(',')}\n`).join('');
}

/** Per cell of an axis: its name, lower edge, upper edge and category. */
function axisCells(axis: Axis): string[][] {
  const edges = [...binEdges(axis), Number.POSITIVE_INFINITY];
  if (axis.type !== 'category') edges.unshift(Number.NEGATIVE_INFINITY);
  return edges.slice(1).map((hi, i) => {
    const name = axis.type === 'category' && i < binCount(axis) ? (axis.categories[i] ?? '') : '';
    return [axis.name, numberText(edges[i] ?? Number.NaN), numberText(hi), name];
  });
}

/** Shortest text that reads back as the same double; infinities as Python and R write them, and nothing for "not known". */
function numberText(value: number): string {
  if (Number.isNaN(value)) return '';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
