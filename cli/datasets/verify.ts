/** Files against what the catalogue says of them. */
import type { DatasetInputs } from '#services/producer/gather-inputs.ts';
import { inOrder, PARALLEL } from '#services/producer/plan-run.ts';
import type { AssignedFile } from '#shared/datasets/assign-files.ts';
import { isPipelineError } from '#shared/errors.ts';
import { type ChecksumKind, checksumOf } from './checksum.ts';
import { withSource, withTree } from './open-file.ts';

/** A file that is not as the catalogue says, or cannot be read. */
export interface Difference {
  readonly dataset: string;
  readonly url: string;
  readonly what: 'size' | 'entries' | 'checksum' | 'unreadable';
  readonly expected?: number | string | undefined;
  readonly found: number | string;
}

export interface Verification {
  readonly files: number;
  /** Files of which the catalogue says nothing that could be compared. */
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

/** Compares sizes, entries and checksums, as far as the catalogue has them; 16 files at a time. @throws the signal's reason */
export async function verify(datasets: readonly DatasetInputs[], options: VerifyOptions): Promise<Verification> {
  const files = datasets.flatMap(({ files }) => files);
  const differences: Difference[] = [];
  let [done, unknown] = [0, 0];
  for await (const [file, found] of inOrder(files, PARALLEL, (each) => compare(each, options))) {
    options.signal.throwIfAborted();
    if (found === undefined) unknown += 1;
    else differences.push(...found.map((each) => ({ dataset: file.dataset, url: file.path, ...each })));
    done += 1;
    options.onFile(done, files.length);
  }
  return { files: files.length, unknown, differences };
}

type Found = Omit<Difference, 'dataset' | 'url'>;

async function compare(file: AssignedFile, { checksums, tree, signal }: VerifyOptions): Promise<Found[] | undefined> {
  const { size, entries, checksum } = file.file ?? {};
  const wanted = checksums ? checksum : undefined;
  if (size === undefined && entries === undefined && wanted === undefined) return undefined;
  try {
    const found = await withSource(file, signal, async (source) => {
      if (size !== undefined && size !== source.size) return [{ what: 'size', expected: size, found: source.size } as const];
      if (wanted === undefined) return [];
      const [kind] = wanted.split(':') as [ChecksumKind];
      const sum = await checksumOf(source, kind, signal);
      return sum === wanted ? [] : [{ what: 'checksum', expected: wanted, found: sum } as const];
    });
    if (found.length > 0 || entries === undefined) return found;
    const counted = await withTree(file, { tree, signal }, async (opened) => opened.tree.entries);
    return counted === entries ? [] : [{ what: 'entries', expected: entries, found: counted }];
  } catch (error) {
    signal.throwIfAborted();
    if (!isPipelineError(error)) throw error;
    return [{ what: 'unreadable', found: error.message }];
  }
}
