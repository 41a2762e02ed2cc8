/** What a user asks for, before files are found and datasets assigned: the flags of `run` and `submit` as JSON. */
import { z } from 'zod';
import { poolName, runId } from './messages.ts';
import { poolsSchema, runManner } from './run-spec.ts';

const bucketName = /^[a-z0-9][a-z0-9._-]{1,221}$/;

/** As shared/datasets tells it. */
const listFactsSchema = z.object({
  size: z.int().nonnegative().optional(),
  entries: z.int().nonnegative().optional(),
  checksum: z.string().optional(),
  luminosityFb: z.number().nonnegative().optional(),
});

const listSchema = z.object({
  name: z.string().min(1),
  files: z.array(z.string().min(1)).min(1),
  /** By file, what the list says of it. */
  facts: z.record(z.string(), listFactsSchema).optional(),
  pool: poolName.optional(),
});

export const runRequestSchema = z.strictObject({
  /** Made from the analysis and the time where none is given. */
  run: runId.optional(),
  /** Built-in name, path of a file, or `analyses:FILE` for one in the services' folder of analyses. */
  analysis: z.string().min(1),
  /** Files, folders, globs, URLs, lists of files (*.txt); empty: the files that the catalogue lists. */
  data: z.array(z.string().min(1)).default([]),
  /** Folder of lists of files, on the machine that reads the request. */
  listFolder: z.string().min(1).optional(),
  /** Patterns over lists, or over names of datasets. */
  datasetPattern: z.array(z.string().min(1)).optional(),
  /** Lists as they were read, in place of a folder. */
  lists: z.array(listSchema).optional(),
  /** Whose workers the lists are for; each list names one then. */
  pools: poolsSchema.optional(),
  /** Built-in name, path of a JSON file, `none`, or the catalogue itself. */
  catalogue: z.union([z.string().min(1), z.record(z.string(), z.unknown())]).optional(),
  /** Parameters of the analysis. */
  set: z.record(z.string(), z.unknown()).default({}),
  /** Of each file, from its first entry. */
  fraction: z.number().gt(0).max(1).optional(),
  chunkEntries: z.int().positive().optional(),
  ...runManner,
  /** `s3://` and `gs://` addresses, and those in lists, are of this scheme. */
  storageType: z.enum(['s3', 'gs']).optional(),
  /** Their bucket, in place of the one that they name. */
  bucket: z.string().regex(bucketName, 'no name of a bucket').optional(),
  /** Bucket, or folder in one (`s3://bucket/folder`), in which the run's results get a folder of its name. */
  outputBucket: z
    .string()
    .regex(/^((s3|gs):\/\/)?[a-z0-9][a-z0-9._-]{1,221}(\/[^?#@]*)?$/, 'it must be like my-bucket or s3://my-bucket/folder')
    .optional(),
});

export type RunRequest = z.input<typeof runRequestSchema>;
