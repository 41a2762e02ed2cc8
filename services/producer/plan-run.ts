import { ConfigError } from '#shared/errors.ts';
import type { FileFacts, RunSpec } from '#shared/queue/run-spec.ts';
import { entriesToRead } from '#shared/queue/task-limits.ts';
import type { PlannedFile } from '#shared/queue/task-list.ts';
import { type Chunk, type FileDescription, planChunks } from './plan-chunks.ts';

/** Opens one file for planning; undefined means that it cannot be read, and its task will say why. */
export type Describe = (file: SpecFile, signal: AbortSignal) => Promise<FileDescription | undefined>;

/** One input, before it was opened. */
export interface SpecFile {
  readonly file: number;
  readonly dataset: string;
  readonly isData: boolean;
  readonly url: string;
  /** Whose workers read it, in a run with pools. */
  readonly pool?: string | undefined;
  /** What is known of it beforehand. */
  readonly facts?: FileFacts | undefined;
}

/** Files whose headers are read at the same time. */
export const PARALLEL = 16;
/** Files that the ledger takes together. */
const PAGE = 500;

/** The inputs of a run, numbered in the order of its spec. */
export function* filesOf(spec: RunSpec): Generator<SpecFile> {
  let file = 0;
  for (const { name, isData, files, facts = [], pools = [] } of spec.datasets) {
    const poolOf = pools.flatMap(({ pool, files: count }) => Array<string>(count).fill(pool));
    for (const [i, url] of files.entries()) yield { file: file++, dataset: name, isData, url, pool: poolOf[i], facts: facts[i] };
  }
}

/** A file and where it is cut. What nobody knows of a file that could not be opened is undefined. */
interface CutFile extends SpecFile {
  readonly description: { readonly [what in keyof FileDescription]?: FileDescription[what] | undefined };
  readonly chunks: readonly Partial<Chunk>[];
}

/**
 * The run's files with their tasks, in the order of the spec, page by page. Tasks are numbered, and so published, in turns:
 * at any moment about the same part of each dataset is done, and the plot has all its groups from the start. The same
 * spec and files give the same tasks.
 */
export async function* planRun(
  spec: RunSpec,
  { describe, signal }: { readonly describe: Describe; readonly signal: AbortSignal },
): AsyncGenerator<PlannedFile[]> {
  const cut: CutFile[] = [];
  for await (const [file, description] of inOrder(filesOf(spec), PARALLEL, (file) => describe(file, signal))) {
    if (description === undefined) cut.push({ ...file, ...planUnopened(file, spec) });
    else {
      assertAsKnown(file, description);
      cut.push({ ...file, description, chunks: planChunks(description, spec) });
    }
  }
  const indexes = numberInTurns(cut);
  let page: PlannedFile[] = [];
  for (const [position, { file, dataset, url, pool, facts: { luminosityFb, replicas } = {}, description, chunks }] of cut.entries()) {
    const { entries, bytes, toy } = description;
    const first = indexes.starts[position] as number;
    const tasks = chunks.map((chunk, i) => ({ index: indexes.ofTask[first + i] as number, ...chunk }));
    page.push({ file, dataset, url, entries, bytes, toy, pool, luminosityFb, replicas, tasks });
    if (page.length < (spec.pageSize ?? PAGE)) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** One task, which will say why it cannot be read. Where the catalogue tells its entries, it is known what is lost with it. */
function planUnopened({ facts: { entries, bytes } = {} }: SpecFile, spec: RunSpec): Pick<CutFile, 'description' | 'chunks'> {
  const chunk = entries === undefined ? {} : { from: 0, to: entriesToRead(entries, spec.fraction) };
  return { description: { entries, bytes }, chunks: [chunk] };
}

/** A file that is not what the catalogue says would be counted as if it were. @throws ConfigError, but for toy files */
function assertAsKnown({ url, facts = {} }: SpecFile, description: FileDescription): void {
  if (description.toy) return;
  const differ = (['entries', 'bytes'] as const).filter((what) => facts[what] !== undefined && facts[what] !== description[what]);
  if (differ.length === 0) return;
  const texts = differ.map((what) => `${description[what]} ${what}, the catalogue says ${facts[what]}`);
  throw new ConfigError(`the file has ${texts.join('; it has ')}`, {
    file: url,
    hint: '`higgsflow datasets --verify` compares all files with the catalogue.',
  });
}

/**
 * An index for each task. The k-th of a dataset's n tasks (k from 0) comes at k / n of the way, ties in the order of the spec:
 * first one task of each dataset.
 * `starts` is where a file's tasks begin in `ofTask`.
 */
function numberInTurns(cut: readonly CutFile[]): { starts: number[]; ofTask: Uint32Array } {
  const totals = new Map<string, number>();
  const starts: number[] = [];
  let count = 0;
  for (const { dataset, chunks } of cut) {
    starts.push(count);
    count += chunks.length;
    totals.set(dataset, (totals.get(dataset) ?? 0) + chunks.length);
  }
  const turns = new Float64Array(count);
  const done = new Map<string, number>();
  cut.forEach(({ dataset, chunks }, position) => {
    const before = done.get(dataset) ?? 0;
    for (let i = 0; i < chunks.length; i++) turns[(starts[position] as number) + i] = (before + i) / (totals.get(dataset) ?? 1);
    done.set(dataset, before + chunks.length);
  });
  const order = Uint32Array.from(turns, (_, task) => task).sort((a, b) => (turns[a] as number) - (turns[b] as number) || a - b);
  const ofTask = new Uint32Array(count);
  order.forEach((task, index) => {
    ofTask[task] = index;
  });
  return { starts, ofTask };
}

/** Maps with up to `width` items under way, and yields in the order of the items. */
export async function* inOrder<T, R>(items: Iterable<T>, width: number, map: (item: T) => Promise<R>): AsyncGenerator<[T, R]> {
  const underWay: { item: T; result: Promise<R> }[] = [];
  const source = items[Symbol.iterator]();
  const start = () => {
    const next = source.next();
    if (next.done === true) return;
    const result = map(next.value);
    result.catch(() => {}); // awaited below, unless an earlier one ends it all
    underWay.push({ item: next.value, result });
  };
  for (let i = 0; i < width; i += 1) start();
  for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
    const result = await first.result;
    start();
    yield [first.item, result];
  }
}
