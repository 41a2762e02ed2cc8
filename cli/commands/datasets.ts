import type { Command } from 'commander';
import type { Inputs } from '#services/producer/gather-inputs.ts';
import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { ConfigError } from '#shared/errors.ts';
import type { DatasetRow } from '../datasets/list-datasets.ts';
import type { Verification } from '../datasets/verify.ts';
import { formatBytes, formatTable } from '../format.ts';
import { checksumKind } from './arguments.ts';
import { type DatasetFlags, datasetFlags, datasetRequest } from './dataset-options.ts';
import { printJson } from './remote.ts';

/** Exit code where files cannot be read, or are not what they should be. */
const INCOMPLETE = 3;

interface Flags extends DatasetFlags {
  readonly catalogue?: string;
  readonly analysis?: string;
  readonly files?: boolean;
  readonly bytes?: boolean;
  readonly entries?: boolean;
  readonly verify?: boolean;
  readonly checksums: boolean;
  readonly write?: string;
  readonly weight?: string;
  readonly checksum?: ReturnType<typeof checksumKind>;
  readonly tree?: string;
  readonly json?: boolean;
}

/** `higgsflow datasets`: which files there are, before anything runs. */
export function register(program: Command): void {
  const command = program
    .command('datasets')
    .description('which files belong to which dataset, how many they are and how big; verify files, write a catalogue of them')
    .argument('[where...]', 'files, folders, globs, URLs, buckets (s3://bucket/prefix/), lists of files (*.txt)')
    .option('-c, --catalogue <name>', 'what the files are: a name (see: higgsflow datasets), FILE.json, FILE.yaml, or none')
    .option('-a, --analysis <name>', 'take the catalogue, and the tree, of this analysis');
  datasetFlags(command)
    .option('--files', 'tell every file, a line each')
    .option('--bytes', 'open every file, 16 at a time, for its size')
    .option('--entries', 'open every file for its size and entries')
    .option(
      '--verify',
      'open every file, compare its size, entries and checksum with the catalogue; exit code 3 where any differs, or nothing is told',
    )
    .option('--no-checksums', 'with --verify: sizes and entries only; checksums need each file read whole')
    .option('--write <file>', 'write a catalogue (.json, .yaml) of the files, with sizes, entries and sums of weights')
    .option('--weight <branch>', 'with --write: sum up this branch, in place of what files tell of their sum of weights')
    .option('--checksum <kind>', 'with --write: read the files whole and note adler32, crc32, md5, sha1 or sha256', checksumKind)
    .option('--tree <name>', 'the tree that holds the entries (that of the analysis, or the only one)')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(datasets);
}

const EXAMPLES = `
Without words it lists the built-in catalogues. Nothing is opened unless asked for: files are counted from lists, folders, listings
and catalogues. Sums of weights come from the files: genEventSumw of NanoAOD's Runs tree, CutBookkeeper histograms, or a
sum_of_weights column; the catalogue notes which.

Examples:
  higgsflow datasets                                             the built-in catalogues
  higgsflow datasets --dataset-pattern '*SMHiggs*'               56 files of two lists in ./datasets_s3
  higgsflow datasets -c cms-hzz-2011-2012 --datasets datasets_s3 26,920 files by dataset and group
  higgsflow datasets s3://higgs-demo/eos/ --bytes --json
  higgsflow datasets -c atlas-2020 --entries --files
  higgsflow datasets -c mine.yaml --verify
  higgsflow datasets 'nano/*.root' --tree Events --write mine.yaml --checksum adler32`;

async function datasets(where: readonly string[], flags: Flags): Promise<void> {
  const { listenForShutdown } = await import('#shared/runtime/shutdown.ts');
  const asksForNothing =
    where.length === 0 && [flags.catalogue, flags.analysis, flags.datasets, flags.datasetPattern].every((each) => each === undefined);
  if (asksForNothing) {
    refuseWithoutFiles(flags);
    return printCatalogues(flags.json === true);
  }
  const { gatherInputs } = await import('#services/producer/gather-inputs.ts');
  const request = { data: [...where], catalogue: flags.catalogue, ...datasetRequest(flags) };
  const { tree: treeOfAnalysis, name } = await analysisOf(flags.analysis);
  const shutdown = listenForShutdown(process);
  try {
    const inputs = await gatherInputs(request, name);
    // A catalogue may be for an analysis of somebody else's.
    const tree =
      flags.tree ?? treeOfAnalysis ?? inputs.catalogue.tree ?? (await analysisOf(inputs.catalogue.analysis).catch(() => undefined))?.tree;
    const work = { tree, signal: shutdown.signal };
    if (flags.verify === true) await verifyFiles(inputs, flags, work);
    else if (flags.write !== undefined) await writeFiles(inputs, flags, flags.write, work);
    else await listFiles(inputs, flags, work);
  } finally {
    shutdown.close();
  }
}

/** @throws ConfigError if it was asked for what needs files */
function refuseWithoutFiles({ verify, write, files, bytes, entries }: Flags): void {
  const given = Object.entries({ verify, write, files, bytes, entries }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  throw new ConfigError(`--${given[0]}: of which files?`, { hint: 'Say -c NAME (`higgsflow datasets` lists the names), or name files.' });
}

interface Work {
  readonly tree: string | undefined;
  readonly signal: AbortSignal;
}

async function analysisOf(location: string | undefined): Promise<{ tree?: string; name?: string }> {
  if (location === undefined) return {};
  const { loadAnalysis } = await import('#shared/analysis/registry.ts');
  const { analysisLocation } = await import('#services/producer/build-spec.ts');
  const { tree, name } = await loadAnalysis(analysisLocation(location), true);
  return { tree, name };
}

async function printCatalogues(json: boolean): Promise<void> {
  const { CATALOGUE_NAMES, loadBuiltInCatalogue } = await import('#shared/datasets/built-in.ts');
  const { catalogueEntries } = await import('#shared/datasets/normalise.ts');
  const catalogues = await Promise.all(CATALOGUE_NAMES.map(loadBuiltInCatalogue));
  const rows = catalogues.map(({ name, analysis, experiment, datasets, release }) => {
    const entries = datasets.map(catalogueEntries);
    const known = entries.every((each) => each !== undefined);
    return {
      name,
      release,
      analysis,
      luminosityFb: experiment.luminosityFb,
      datasets: datasets.length,
      files: datasets.reduce((sum, { files, fileCount = files.length }) => sum + fileCount, 0),
      entries: known ? entries.reduce((sum, each) => sum + each, 0) : undefined,
    };
  });
  if (json) return printJson(rows);
  const head = ['catalogue', 'release', 'analysis', 'fb-1', 'datasets', 'files', 'entries'];
  const cells = rows.map((row) => [
    ...[row.name, row.release, row.analysis ?? '', String(row.luminosityFb ?? '')],
    ...[row.datasets, row.files, row.entries].map(count),
  ]);
  print([...formatTable([head, ...cells]), '', 'More: higgsflow datasets -c NAME, higgsflow datasets --help']);
}

async function listFiles({ datasets }: Inputs, flags: Flags, { tree, signal }: Work): Promise<void> {
  const { listDatasets } = await import('../datasets/list-datasets.ts');
  const { withSource, withTree } = await import('../datasets/open-file.ts');
  const size = (file: AssignedFile) => withSource(file, signal, async (source) => ({ bytes: source.size }));
  const both = (file: AssignedFile) =>
    withTree(file, { tree, signal }, async (opened) => ({ bytes: opened.source.size, entries: opened.tree.entries }));
  const open = flags.entries === true ? both : flags.bytes === true ? size : undefined;
  const rows = await listDatasets(datasets, { open, onFile: progress('opened'), signal });
  if (flags.json === true) printJson(flags.files === true ? rows : rows.map((row) => ({ ...row, files: row.files.length })));
  else print(flags.files === true ? fileTable(rows) : datasetTable(rows));
  const problems = rows.flatMap(({ files }) => files.flatMap(({ problem }) => problem ?? []));
  if (problems.length === 0) return;
  if (flags.json !== true) print(['', `${problems.length} files cannot be opened:`, ...shortened(problems)]);
  process.exitCode = INCOMPLETE;
}

function datasetTable(rows: readonly DatasetRow[]): string[] {
  const sum = (what: 'bytes' | 'entries') =>
    rows.some((row) => row[what] === undefined) ? undefined : rows.reduce((all, row) => all + (row[what] ?? 0), 0);
  const files = rows.reduce((all, row) => all + row.files.length, 0);
  const unreadable = rows.reduce((all, row) => all + row.unreadable, 0);
  const line = (name: string, group: string, n: number, bytes: number | undefined, entries: number | undefined, bad: number) => [
    ...[name, group, count(n), bytes === undefined ? '' : formatBytes(bytes), count(entries)],
    bad === 0 ? '' : `${bad} cannot be opened`,
  ];
  const lines = rows.map((row) => line(row.dataset, row.group, row.files.length, row.bytes, row.entries, row.unreadable));
  const head = ['dataset', 'group', 'files', 'bytes', 'entries', ''];
  return formatTable([head, ...lines, line('all', '', files, sum('bytes'), sum('entries'), unreadable)]);
}

function fileTable(rows: readonly DatasetRow[]): string[] {
  const lines = rows.flatMap(({ dataset, files }) =>
    files.map(({ url, bytes, entries, problem }) => [
      ...[dataset, bytes === undefined ? '' : formatBytes(bytes), count(entries), url],
      problem === undefined ? '' : 'cannot be opened',
    ]),
  );
  return formatTable([['dataset', 'bytes', 'entries', 'file', ''], ...lines]);
}

async function verifyFiles({ datasets }: Inputs, { checksums, json }: Flags, { tree, signal }: Work): Promise<void> {
  const { verify } = await import('../datasets/verify.ts');
  const result = await verify(datasets, { checksums, tree, onFile: progress('verified'), signal });
  if (json === true) printJson(result);
  else print(verificationText(result));
  if (result.differences.length > 0 || result.same === 0) process.exitCode = INCOMPLETE;
}

function verificationText({ files, same, unknown, differences }: Verification): string[] {
  const nothing = 'the catalogue says neither size, entries nor checksum';
  if (unknown === files) return [`nothing could be verified: of ${count(files)} files ${nothing}`];
  const said = unknown === 0 ? '' : `; of ${count(unknown)} ${nothing} that could be compared`;
  const lines = differences.map(({ dataset, url = `${dataset}, all files`, what, expected, found }) =>
    what === 'unreadable' ? `${url}: cannot be read: ${found}` : `${url}: ${what} ${found}, the catalogue says ${expected}`,
  );
  return [`${count(same)} of ${count(files)} files are as the catalogue says${said}`, ...lines];
}

async function writeFiles(inputs: Inputs, { weight, checksum, json }: Flags, path: string, { tree, signal }: Work): Promise<void> {
  const { makeCatalogue, writeCatalogue } = await import('../datasets/write-catalogue.ts');
  const { baseName } = await import('#shared/datasets/catalogue.ts');
  const { catalogue, written } = await makeCatalogue(inputs, {
    name: baseName(path).replace(/\.\w+$/, ''),
    tree,
    weight,
    checksum,
    onFile: progress('read'),
    signal,
  });
  await writeCatalogue(catalogue, path);
  if (json === true) return printJson(written);
  const lines = written.map(({ dataset, files, bytes, entries, sumOfWeights, source }) => [
    ...[dataset, count(files), formatBytes(bytes), count(entries), sumOfWeights === undefined ? '' : String(sumOfWeights), source],
  ]);
  print([...formatTable([['dataset', 'files', 'bytes', 'entries', 'sum of weights', 'from'], ...lines]), '', `Written: ${path}`]);
}

/** One redrawn line on a terminal. */
function progress(verb: string): (done: number, all: number) => void {
  const { stderr } = process;
  return (done, all) => {
    if (stderr.isTTY) stderr.write(done === all ? '\r\x1b[K' : `\r\x1b[K${verb} ${count(done)} of ${count(all)} files`);
  };
}

function count(value: number | undefined): string {
  return value?.toLocaleString('en-US') ?? '';
}

const SHOWN = 20;

function shortened(lines: readonly string[]): string[] {
  const more = lines.length - SHOWN;
  return [...lines.slice(0, SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
