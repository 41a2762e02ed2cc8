/** What a user asks for, before files are found and datasets assigned: the flags of `run` and `submit` as JSON. */
import * as v from 'valibot';
import { anyObject, count, fraction, listOf, nonNegative, text, whole } from '../schema.ts';
import { poolName, runId } from './messages.ts';
import { poolsSchema, runManner } from './run-spec.ts';

const bucketName = /^[a-z0-9][a-z0-9._-]{1,221}$/;

/** As shared/datasets tells it. */
const listFactsSchema = v.object({
  size: v.optional(count),
  entries: v.optional(count),
  checksum: v.optional(v.string()),
  luminosityFb: v.optional(nonNegative),
});

const listSchema = v.object({
  name: text,
  files: listOf(text),
  /** By file, what the list says of it. */
  facts: v.optional(v.record(v.string(), listFactsSchema)),
  pool: v.optional(poolName),
});

export const runRequestSchema = v.strictObject({
  /** Made from the analysis and the time where none is given. */
  run: v.optional(runId),
  /** Built-in name, path of a file, or `analyses:FILE` for one in the services' folder of analyses. */
  analysis: text,
  /** Files, folders, globs, URLs, lists of files (*.txt); empty: the files that the catalogue lists. */
  data: v.optional(v.array(text), []),
  /** Folder of lists of files, on the machine that reads the request. */
  listFolder: v.optional(text),
  /** Patterns over lists, or over names of datasets. */
  datasetPattern: v.optional(v.array(text)),
  /** Lists as they were read, in place of a folder. */
  lists: v.optional(v.array(listSchema)),
  /** Whose workers the lists are for; each list names one then. */
  pools: v.optional(poolsSchema),
  /** Built-in name, path of a JSON file, `none`, or the catalogue itself. */
  catalogue: v.optional(v.union([text, anyObject], 'a name, a path, or the catalogue itself')),
  /** Parameters of the analysis. */
  set: v.optional(anyObject, {}),
  /** Of each file, from its first entry. */
  fraction: v.optional(fraction),
  chunkEntries: v.optional(whole),
  ...runManner,
  /** `s3://` and `gs://` addresses, and those in lists, are of this scheme. */
  storageType: v.optional(v.picklist(['s3', 'gs'])),
  /** Their bucket, in place of the one that they name. */
  bucket: v.optional(v.pipe(v.string(), v.regex(bucketName, 'no name of a bucket'))),
  /** Bucket, or folder in one (`s3://bucket/folder`), in which the run's results get a folder of its name. */
  outputBucket: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^((s3|gs):\/\/)?[a-z0-9][a-z0-9._-]{1,221}(\/[^?#@]*)?$/, 'it must be like my-bucket or s3://my-bucket/folder'),
    ),
  ),
});

export type RunRequest = v.InferInput<typeof runRequestSchema>;
