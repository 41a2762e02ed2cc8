/** What a run is: all that decides its result, as JSON. The ledger keeps it, so that a run can go on without its caller. */
import * as v from 'valibot';
import { anyObject, count, fraction, listOf, nonNegative, text, textUpTo, whole } from '../schema.ts';
import { MESSAGE_VERSION, poolName, runId } from './messages.ts';
import { type RunStorage, runStorageShape } from './run-storage.ts';

/** How a run is done, which decides nothing of its result: it may change when the run goes on. */
export const runManner = {
  ...runStorageShape,
  /** Attempts of a task; the collector's own number where it is absent. */
  attempts: v.optional(v.pipe(whole, v.maxValue(1000))),
  /** Files that are handed to the ledger at a time. */
  pageSize: v.optional(v.pipe(whole, v.maxValue(10_000))),
  /** Pools without anything to do take over waiting tasks of others. */
  steal: v.optional(v.boolean()),
};

/** A cluster's worth of workers, and how they read their files where that is otherwise than in the other pools. */
const pool = v.object({ name: poolName, ...runStorageShape });
export const poolsSchema = v.pipe(listOf(pool), v.maxLength(1000));

/** What a catalogue tells of a file. */
export const fileFactsSchema = v.object({
  entries: v.optional(count),
  bytes: v.optional(count),
  /** Data only, for all files of a dataset or for none: luminosity of its collisions in fb-1. */
  luminosityFb: v.optional(nonNegative),
  /** Other places of the same file. */
  replicas: v.optional(v.pipe(v.array(textUpTo(4000)), v.maxLength(20))),
});
export type FileFacts = v.InferOutput<typeof fileFactsSchema>;

const dataset = v.pipe(
  v.object({
    name: text,
    isData: v.boolean(),
    files: v.array(text),
    /** What is known of each file, in their order; absent where nothing is known of any. */
    facts: v.optional(v.array(fileFactsSchema)),
    /** Whose the files are, in a run with pools: the first so many of this pool, the next of that. */
    pools: v.optional(v.array(v.object({ pool: poolName, files: whole }))),
  }),
  v.forward(
    v.check(({ files, facts }) => facts === undefined || facts.length === files.length, 'one for each file'),
    ['facts'],
  ),
);

export const runSpecSchema = v.object({
  v: v.literal(MESSAGE_VERSION),
  run: runId,
  /** Built-in name, or path of the user's own file. */
  analysis: text,
  /** Of the user's own file, which may change before the run goes on. */
  analysisSha256: v.optional(text),
  /** Complete: defaults and the user's values. */
  parameters: anyObject,
  tree: text,
  /** The whole catalogue (shared/datasets), so that a change to its file does not change this run. */
  catalogue: v.unknown(),
  /** Of each file, from its first entry. */
  fraction,
  /** A file with more entries than this is cut into chunks of about this size. */
  chunkEntries: whole,
  /** The same for its bytes in the columns that the analysis reads. */
  chunkBytes: whole,
  /** In the order of the plot; each with its files in the order they are numbered. */
  datasets: listOf(dataset),
  /** Those that have tasks in this run; without them all tasks are for the pool of the services. */
  pools: v.optional(poolsSchema),
  ...runManner,
  /** Folder in a bucket, as a URL that ends with a slash, to which result files are uploaded when the run ends. */
  output: v.optional(v.pipe(v.string(), v.regex(/^(s3|gs):\/\/[^/@?#]+\/(.+\/)?$/, 'it must be like s3://bucket/folder/'))),
});

export type RunSpec = v.InferOutput<typeof runSpecSchema>;

/** One file is one task unless it is bigger than this (design limits, also of the broker's patience with one message). */
export const DEFAULT_CHUNKS = { chunkEntries: 1_000_000, chunkBytes: 256 * 2 ** 20 } as const;

/** How a pool's workers read the run's files: as the run says, but for what is said of the pool. */
export function readingOf({ storage, secret, pools = [] }: Pick<RunSpec, 'storage' | 'secret' | 'pools'>, name?: string): RunStorage {
  const own = pools.find((each) => each.name === name);
  const variables = { ...storage, ...own?.storage };
  const credentials = own?.secret ?? secret;
  return {
    ...(Object.keys(variables).length === 0 ? {} : { storage: variables }),
    ...(credentials === undefined ? {} : { secret: credentials }),
  };
}

/** Fields in which two specs differ although they must not, when the second is to go on with the run of the first. */
export function specDifferences(a: RunSpec, b: RunSpec): string[] {
  const fields = ['analysis', 'parameters', 'tree', 'catalogue', 'fraction', 'chunkEntries', 'chunkBytes', 'datasets'] as const;
  const different: string[] = fields.filter((field) => canonical(a[field]) !== canonical(b[field]));
  // Ledgers of before do not have it.
  const [before, now] = [a.analysisSha256, b.analysisSha256];
  return before === undefined || now === undefined || before === now ? different : [...different, 'analysisSha256'];
}

/** True if the two are done in different ways: with other endpoints, credentials, attempts or another place for the results. */
export function mannerDiffers(a: RunSpec, b: RunSpec): boolean {
  const fields = ['storage', 'secret', 'attempts', 'pageSize', 'output', 'pools', 'steal'] as const;
  return fields.some((field) => canonical(a[field]) !== canonical(b[field]));
}

/** JSON with sorted keys: equal values give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
