/** Histograms and profiles, cell by cell: ROOT judges. */
import { isPipelineError } from '#shared/errors.ts';
import { regular } from '#shared/histogram/axis.ts';
import { cellIndices } from '#shared/histogram/contents.ts';
import { openRootFile, type RootFile } from '#shared/root/file.ts';
import { findHistogram, readHistogram } from '#shared/root/read-histogram.ts';
import { openFileSource } from '#shared/storage/file.ts';
import type { Compared, Outcome } from './outcomes.ts';
import type { Python } from './python.ts';

/** A line of dump.py. */
interface Line {
  readonly file: string;
  readonly path: string;
  readonly className: string;
  readonly entries: number;
  readonly axes: readonly { readonly bins: number }[];
  readonly contents: readonly (number | string)[];
  readonly errors: readonly (number | string)[];
}

/** Compares all histograms of the files with ROOT's. */
export async function compareHistograms(files: readonly string[], root: Python): Promise<Compared[]> {
  const lines: Line[] = [];
  for await (const line of root('../fixtures/histograms/dump.py', { args: files })) lines.push(line as Line);
  const compared: Compared[] = [];
  for (const path of new Set(lines.map((line) => line.file))) {
    const source = await openFileSource(path);
    try {
      const file = await openRootFile(source);
      for (const line of lines) if (line.file === path) compared.push(await compareOne(file, line));
    } finally {
      await source.close();
    }
  }
  return compared;
}

async function compareOne(file: RootFile, line: Line): Promise<Compared> {
  const place = `${line.file}:${line.path}`;
  const known = { place, kind: { stored: line.className, column: 'histogram' } };
  try {
    const detail = await differenceIn(file, line);
    return { ...known, outcome: detail === '' ? EQUAL : 'DIFFERENT', detail };
  } catch (error) {
    if (!isPipelineError(error)) return { ...known, outcome: 'CRASH', detail: String(error) };
    return { ...known, outcome: error.code === 'UnsupportedError' ? 'not read' : 'ERROR', detail: error.message };
  }
}

const EQUAL: Outcome = 'equal to ROOT, not to uproot';

/**
 * The first difference in fills, contents or errors, in words; empty where there is none. Cells below a category axis are ROOT's
 * alone: such an axis has no underflow here.
 */
async function differenceIn(file: RootFile, line: Line): Promise<string> {
  const { contents, entries } = await readHistogram(file, await findHistogram(file, line.path));
  if (entries !== line.entries) return `${entries} entries here, ${line.entries} in ROOT`;
  const axes = line.axes.map(({ bins }) => regular(bins, 0, 1, { name: 'x' }));
  const own = (cell: number) => cellIndices(axes, cell).every((index, i) => index > 0 || contents.axes[i]?.type !== 'category');
  for (const [what, values, wanted] of [
    ['content', contents.sumw, line.contents],
    ['error', contents.sumw2.map(Math.sqrt), line.errors],
  ] as const) {
    const cells = wanted.filter((_, cell) => own(cell)).map(numberOf);
    if (values.length !== cells.length) return `${values.length} cells here, ${cells.length} in ROOT`;
    const at = values.findIndex((value, i) => !isClose(value, cells[i] as number));
    if (at !== -1) return `${what} of cell ${cellIndices(contents.axes, at).join(',')}: ${values[at]} here, ${cells[at]} in ROOT`;
  }
  return '';
}

/** A cell of dump.py: Python has its own names of what is not finite. */
function numberOf(value: number | string): number {
  if (value === 'inf') return Number.POSITIVE_INFINITY;
  if (value === '-inf') return Number.NEGATIVE_INFINITY;
  return Number(value);
}

/** Any number is within a share of infinity: that is equal to itself alone. */
function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || (Number.isFinite(a) && Math.abs(a - b) <= 1e-12 * Math.abs(a));
}
