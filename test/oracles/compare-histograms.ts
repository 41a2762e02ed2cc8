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
    return { ...known, outcome: (await isSame(file, line)) ? EQUAL : 'DIFFERENT', detail: '' };
  } catch (error) {
    if (!isPipelineError(error)) return { ...known, outcome: 'CRASH', detail: String(error) };
    return { ...known, outcome: error.code === 'UnsupportedError' ? 'not read' : 'ERROR', detail: error.message };
  }
}

const EQUAL: Outcome = 'equal to ROOT, not to uproot';

/** Fills, contents and errors. Cells below a category axis are ROOT's alone: such an axis has no underflow here. */
async function isSame(file: RootFile, line: Line): Promise<boolean> {
  const { contents, entries } = await readHistogram(file, await findHistogram(file, line.path));
  const axes = line.axes.map(({ bins }) => regular(bins, 0, 1, { name: 'x' }));
  const own = (cell: number) => cellIndices(axes, cell).every((index, i) => index > 0 || contents.axes[i]?.type !== 'category');
  const same = (values: Float64Array, wanted: readonly (number | string)[]) => {
    const cells = wanted.filter((_, cell) => own(cell)).map(Number);
    return values.length === cells.length && values.every((value, i) => isClose(value, cells[i] as number));
  };
  return entries === line.entries && same(contents.sumw, line.contents) && same(contents.sumw2.map(Math.sqrt), line.errors);
}

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-12 * Math.abs(a);
}
