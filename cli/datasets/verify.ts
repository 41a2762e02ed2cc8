/** Files against what the catalogue says of them. */
import type { DatasetInputs } from '#services/producer/gather-inputs.ts';
import { inOrder, PARALLEL } from '#services/producer/plan-run.ts';
import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { catalogueEntries } from '#shared/datasets/normalise.ts';
import { isPipelineError } from '#shared/errors.ts';
import { type ChecksumKind, checksumOf } from './checksum.ts';
import { withSource, withTree } from './open-file.ts';

/** A file, or a dataset of several files, that is not as the catalogue says, or a file that cannot be read. */
export interface Difference {
  readonly dataset: string;
  /** Absent: the files of the dataset together. */
  readonly url?: string | undefined;
  readonly what: 'size' | 'entries' | 'checksum' | 'unreadable';
  readonly expected?: number | string | undefined;
  readonly found: number | string;
}

export interface Verification {
  readonly files: number;
  /** Files that are as the catalogue says, themselves or in the sum of their dataset. */
  readonly same: number;
  /** Files that could be opened, and compared with nothing. */
  readonly unknown: number;
  readonly differences: readonly Difference[];
}

export interface VerifyOptions {
  /** Reads files whole to compare checksums. */
  readonly checksums: boolean;
  /** Of the entries; the file's only tree where not said. */
  readonly tree: string | undefined;
  readonly onFile: (done: number, all: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens every file, 16 at a time, and compares sizes, entries and checksums, as far as the catalogue has them: entries of a dataset
 * with the sum over its files, where these have none of their own. @throws the signal's reason
 */
export async function verify(datasets: readonly DatasetInputs[], options: VerifyOptions): Promise<Verification> {
  const works = datasets.flatMap((inputs) => {
    const total = totalOf(inputs);
    return inputs.files.map((file) => ({ file, counts: total !== undefined }));
  });
  const checked = new Map<string, Checked[]>(datasets.map(({ dataset }) => [dataset.name, []]));
  let done = 0;
  for await (const [{ file }, found] of inOrder(works, PARALLEL, ({ file, counts }) => check(file, counts, options))) {
    options.signal.throwIfAborted();
    checked.get(file.dataset)?.push(found);
    done += 1;
    options.onFile(done, works.length);
  }
  const parts = datasets.map((inputs) => ofDataset(inputs, checked.get(inputs.dataset.name) ?? []));
  const sum = (what: 'same' | 'unknown') => parts.reduce((all, part) => all + part[what], 0);
  return { files: works.length, same: sum('same'), unknown: sum('unknown'), differences: parts.flatMap((part) => part.differences) };
}

/** What the entries of a dataset's files are compared with in sum: where all its files are there, and do not tell their own. */
function totalOf({ dataset, files }: DatasetInputs): number | undefined {
  const all = dataset.fileCount ?? dataset.files.length;
  return files.length === all && files.some(({ file }) => file?.entries === undefined) ? catalogueEntries(dataset) : undefined;
}

/** What was found out of one file. */
interface Checked {
  readonly url: string;
  readonly difference?: Found | undefined;
  /** Something of it was compared. */
  readonly compared: boolean;
  /** Counted for the sum of its dataset. */
  readonly entries?: number | undefined;
}

type Found = Omit<Difference, 'dataset' | 'url'>;

function ofDataset(inputs: DatasetInputs, files: readonly Checked[]): Omit<Verification, 'files'> {
  const dataset = inputs.dataset.name;
  const differences = files.flatMap(({ url, difference }) => (difference === undefined ? [] : [{ dataset, url, ...difference }]));
  const expected = totalOf(inputs);
  const isSummed = expected !== undefined && files.every(({ entries }) => entries !== undefined);
  const found = files.reduce((sum, { entries = 0 }) => sum + entries, 0);
  if (isSummed && found !== expected) {
    const url = files.length === 1 ? files[0]?.url : undefined;
    return { same: 0, unknown: 0, differences: [...differences, { dataset, url, what: 'entries', expected, found }] };
  }
  const same = files.filter(({ difference, compared }) => difference === undefined && (compared || isSummed)).length;
  return { same, unknown: files.length - same - differences.length, differences };
}

async function check(file: AssignedFile, counts: boolean, options: VerifyOptions): Promise<Checked> {
  const url = file.path;
  const { size, entries, checksum } = file.file ?? {};
  const wanted = options.checksums ? checksum : undefined;
  const { tree, signal } = options;
  try {
    const difference = await compareBytes(file, size, wanted, signal);
    if (difference !== undefined) return { url, difference, compared: true };
    const compared = [size, entries, wanted].some((each) => each !== undefined);
    if (entries === undefined && !counts) return { url, compared };
    const counted = await withTree(file, { tree, signal }, async (opened) => opened.tree.entries);
    if (entries === undefined || entries === counted) return { url, compared, entries: counted };
    return { url, difference: { what: 'entries', expected: entries, found: counted }, compared };
  } catch (error) {
    signal.throwIfAborted();
    if (!isPipelineError(error)) throw error;
    return { url, difference: { what: 'unreadable', found: error.message }, compared: false };
  }
}

/** Opens the file, whatever there is to compare. */
async function compareBytes(
  file: AssignedFile,
  size: number | undefined,
  checksum: string | undefined,
  signal: AbortSignal,
): Promise<Found | undefined> {
  return withSource(file, signal, async (source) => {
    if (size !== undefined && size !== source.size) return { what: 'size', expected: size, found: source.size };
    if (checksum === undefined) return undefined;
    const [kind] = checksum.split(':') as [ChecksumKind];
    const sum = await checksumOf(source, kind, signal);
    return sum === checksum ? undefined : { what: 'checksum', expected: checksum, found: sum };
  });
}
