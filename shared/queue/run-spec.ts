/** What a run is: all that decides its result, as JSON. The ledger keeps it, so that a run can go on without its caller. */
import { z } from 'zod';
import { MESSAGE_VERSION, poolName } from './messages.ts';
import { type RunStorage, runStorageShape } from './run-storage.ts';

const positive = z.int().positive();

/** How a run is done, which decides nothing of its result: it may change when the run goes on. */
export const runManner = {
  ...runStorageShape,
  /** Attempts of a task; the collector's own number where it is absent. */
  attempts: positive.max(1000).optional(),
  /** Files that are handed to the ledger at a time. */
  pageSize: positive.max(10_000).optional(),
  /** Pools without anything to do take over waiting tasks of others. */
  steal: z.boolean().optional(),
};

/** A cluster's worth of workers, and how they read their files where that is otherwise than in the other pools. */
const pool = z.object({ name: poolName, ...runStorageShape });
export const poolsSchema = z.array(pool).min(1).max(1000);

const count = z.int().nonnegative();

/** What a catalogue tells of a file. */
export const fileFactsSchema = z.object({
  entries: count.optional(),
  bytes: count.optional(),
  /** Data only, for all files of a dataset or for none: luminosity of its collisions in fb-1. */
  luminosityFb: z.number().nonnegative().optional(),
  /** Other places of the same file. */
  replicas: z.array(z.string().min(1).max(4000)).max(20).optional(),
});
export type FileFacts = z.infer<typeof fileFactsSchema>;

export const runSpecSchema = z.object({
  v: z.literal(MESSAGE_VERSION),
  run: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'letters, digits, dot, dash and underscore, at most 100'),
  /** Built-in name, or path of the user's own file. */
  analysis: z.string().min(1),
  /** Complete: defaults and the user's values. */
  parameters: z.record(z.string(), z.unknown()),
  tree: z.string().min(1),
  /** The whole catalogue (shared/datasets), so that a change to its file does not change this run. */
  catalogue: z.unknown(),
  /** Of each file, from its first entry. */
  fraction: z.number().gt(0).max(1),
  /** A file with more entries than this is cut into chunks of about this size. */
  chunkEntries: positive,
  /** The same for its bytes in the columns that the analysis reads. */
  chunkBytes: positive,
  /** In the order of the plot; each with its files in the order they are numbered. */
  datasets: z
    .array(
      z
        .object({
          name: z.string().min(1),
          isData: z.boolean(),
          files: z.array(z.string().min(1)),
          /** What is known of each file, in their order; absent where nothing is known of any. */
          facts: z.array(fileFactsSchema).optional(),
          /** Whose the files are, in a run with pools: the first so many of this pool, the next of that. */
          pools: z.array(z.object({ pool: poolName, files: positive })).optional(),
        })
        .refine(({ files, facts }) => facts === undefined || facts.length === files.length, {
          message: 'one for each file',
          path: ['facts'],
        }),
    )
    .min(1),
  /** Those that have tasks in this run; without them all tasks are for the pool of the services. */
  pools: poolsSchema.optional(),
  ...runManner,
  /** Folder in a bucket, as a URL that ends with a slash, to which result files are uploaded when the run ends. */
  output: z
    .string()
    .regex(/^(s3|gs):\/\/[^/@?#]+\/(.+\/)?$/, 'it must be like s3://bucket/folder/')
    .optional(),
});

export type RunSpec = z.infer<typeof runSpecSchema>;

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
  return fields.filter((field) => canonical(a[field]) !== canonical(b[field]));
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
