/** `npm run compare -- DIR`: every branch, field and histogram of a folder of files, as we read them and as uproot and ROOT do. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { compareBranches } from './compare-branches.ts';
import { compareHistograms } from './compare-histograms.ts';
import { type Compared, details, isClean, isJudged, markdownTable, summary } from './outcomes.ts';
import { canImport, pythonOf } from './python.ts';

const HELP = `Compares every branch, RNTuple field and histogram of ROOT files with what uproot and ROOT read.

  npm run compare -- DIR|FILE...

  --table FILE    write the counts by type as a Markdown table: between the lines '<!-- counts -->' and '<!-- end of counts -->' where
                  FILE has them (docs/formats.md)
  --no-root       ask uproot only
  --ask N         branches of each type that only we read of which ROOT is asked (3); it takes seconds for one
  --quiet         do not list what is not read

uproot reads every branch. ROOT is asked where the two of us differ, for some of what only we read, and for histograms. A branch is
equal where all values, their type and the offsets of all lists are. What we do not read has to raise UnsupportedError.
Exit code: 0 all equal, 1 there is a difference, 2 it could not be compared.

Needs a Python with uproot and awkward, better with ROOT as well:
  python3 -m venv venv && venv/bin/pip install uproot awkward && venv/bin/pip install --pre root
  HIGGSFLOW_PYTHON=venv/bin/python npm run compare -- test/fixtures
Without HIGGSFLOW_PYTHON it is the python3 of the PATH.
`;

async function main(): Promise<number> {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    allowNegative: true,
    options: {
      help: { type: 'boolean' },
      table: { type: 'string' },
      root: { type: 'boolean' },
      ask: { type: 'string', default: '3' },
      quiet: { type: 'boolean' },
    },
  });
  if (options.help === true || positionals.length === 0) {
    process.stdout.write(HELP);
    return options.help === true ? 0 : 2;
  }
  const interpreter = process.env['HIGGSFLOW_PYTHON'] ?? 'python3';
  if (!(await canImport(interpreter, 'uproot', 'awkward'))) return fail(`${interpreter} has no uproot: see --help.`);
  const files = positionals.flatMap(rootFiles);
  if (files.length === 0) return fail(`There is no .root file in ${positionals.join(', ')}.`);
  const missing = files.filter((file) => !existsSync(file));
  if (missing.length > 0) return fail(`There is no file or folder ${missing.join(', ')}.`);
  const python = pythonOf(interpreter);
  const root = options.root !== false && (await canImport(interpreter, 'ROOT')) ? python : undefined;
  if (root === undefined && options.root !== false) process.stderr.write(`${interpreter} has no ROOT: histograms are not compared.\n`);
  const branches = await compareBranches(files, { uproot: python, root, ask: Number(options.ask), progress });
  const histograms = root === undefined ? [] : await compareHistograms(files, root);
  progress('');
  report('Branches and fields', branches, options.quiet === true);
  report('Histograms and profiles', histograms, options.quiet === true);
  if (options.table !== undefined) writeTable(options.table, [...branches, ...histograms]);
  if (![...branches, ...histograms].some(isJudged)) return fail(`There is nothing to compare in ${positionals.join(', ')}.`);
  return isClean([...branches, ...histograms]) ? 0 : 1;
}

function writeTable(path: string, compared: readonly Compared[]): void {
  const table = `${summary(compared).replace(/^/gm, '    ').trimEnd()}\n\n${markdownTable(compared)}`;
  const old = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const place = /(<!-- counts -->\n)[\s\S]*(<!-- end of counts -->)/;
  writeFileSync(path, place.test(old) ? old.replace(place, (_, start, end) => `${start}\n${table}\n${end}`) : table);
}

function report(title: string, compared: readonly Compared[], quiet: boolean): void {
  if (compared.length === 0) return;
  const told = compared.filter(({ outcome }) => !(quiet && outcome === 'not read'));
  process.stdout.write([...details(told), '', title, summary(compared), ''].join('\n'));
}

/** The .root files of a folder and the folders in it; or the file itself. */
function rootFiles(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) return [path];
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.root'))
    .sort()
    .map((name) => join(path, name));
}

/** One line that is written over. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${relative('.', text)}`);
}

function fail(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}

process.exitCode = await main();
