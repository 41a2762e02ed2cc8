import type { RunSpec } from '#shared/queue/run-spec.ts';
import type { PlannedFile, TaskListState } from '#shared/queue/task-list.ts';
import { type FileDescription, planChunks } from './plan-chunks.ts';

/** Opens one file for planning; undefined means that it cannot be read, and its task will say why. */
export type Describe = (file: SpecFile, signal: AbortSignal) => Promise<FileDescription | undefined>;

/** One input, before it was opened. */
export interface SpecFile {
  readonly file: number;
  readonly dataset: string;
  readonly isData: boolean;
  readonly url: string;
}

/** Files whose headers are read at the same time. */
const PARALLEL = 16;
/** Files frozen together. */
const PAGE = 64;

/** The inputs of a run from number `first` on, numbered in the order of its spec. */
function* filesOf(spec: RunSpec, first: number): Generator<SpecFile> {
  let file = 0;
  for (const { name, isData, files } of spec.datasets) {
    for (const url of files) {
      if (file >= first) yield { file, dataset: name, isData, url };
      file += 1;
    }
  }
}

/**
 * The run's files with their tasks, in order, page by page, from where `state` says. The same spec and files give the same
 * tasks. Memory is bounded: it runs ahead of its reader by a page at most.
 */
export async function* planRun(
  spec: RunSpec,
  { state, describe, signal }: { readonly state: TaskListState; readonly describe: Describe; readonly signal: AbortSignal },
): AsyncGenerator<PlannedFile[]> {
  let index = state.nextIndex;
  let page: PlannedFile[] = [];
  const todo = filesOf(spec, state.nextFile);
  for await (const [file, description] of inOrder(todo, PARALLEL, (file) => describe(file, signal))) {
    const chunks = description === undefined ? [{}] : planChunks(description, spec);
    const tasks = chunks.map((chunk) => ({ index: index++, ...chunk }));
    const { entries, bytes, toy } = description ?? {};
    page.push({ file: file.file, dataset: file.dataset, url: file.url, entries, bytes, toy, tasks });
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Maps with up to `width` items under way, and yields in the order of the items. */
async function* inOrder<T, R>(items: Iterable<T>, width: number, map: (item: T) => Promise<R>): AsyncGenerator<[T, R]> {
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
