/**
 * Compares the histograms that we read with those of ROOT; exit code 1 on a difference.
 *
 *     python test/fixtures/histograms/dump.py FILE... > histograms.jsonl
 *     node test/oracles/compare-histograms.ts histograms.jsonl FILE...
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { isPipelineError } from '#shared/errors.ts';
import { regular } from '#shared/histogram/axis.ts';
import { cellIndices } from '#shared/histogram/contents.ts';
import { openRootFile } from '#shared/root/file.ts';
import { findHistogram, readHistogram } from '#shared/root/read-histogram.ts';
import { openFileSource } from '#shared/storage/file.ts';

interface Line {
  readonly file: string;
  readonly path: string;
  readonly className: string;
  readonly entries: number;
  readonly axes: readonly { readonly bins: number }[];
  readonly contents: readonly (number | string)[];
  readonly errors: readonly (number | string)[];
}

const [dump = '', ...files] = process.argv.slice(2);
const lines = readFileSync(dump, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);
const counts = new Map<string, number>();

for (const path of files) {
  const source = await openFileSource(path);
  const file = await openRootFile(source);
  for (const line of lines.filter((one) => one.file === basename(path))) {
    let outcome = 'equal';
    try {
      const { contents, entries } = await readHistogram(file, await findHistogram(file, line.path));
      const axes = line.axes.map(({ bins }) => regular(bins, 0, 1, { name: 'x' }));
      const own = (cell: number) => cellIndices(axes, cell).every((index, i) => index > 0 || contents.axes[i]?.type !== 'category');
      const same = (values: Float64Array, wanted: readonly (number | string)[]) => {
        const cells = wanted.filter((_, cell) => own(cell)).map(Number);
        return values.length === cells.length && values.every((value, i) => isClose(value, cells[i] as number));
      };
      if (entries !== line.entries || !same(contents.sumw, line.contents) || !same(contents.sumw2.map(Math.sqrt), line.errors))
        outcome = 'DIFFERENT';
    } catch (error) {
      outcome = isPipelineError(error) ? error.code : 'CRASH';
      console.log(`${line.file}:${line.path} [${line.className}] ${(error as Error).message}`);
    }
    if (outcome === 'DIFFERENT') console.log(`${line.file}:${line.path} [${line.className}] differs`);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  await source.close();
}
console.log(Object.fromEntries(counts));
process.exitCode = counts.has('DIFFERENT') || counts.has('CRASH') ? 1 : 0;

function isClose(a: number, b: number): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= 1e-12 * Math.abs(a);
}
