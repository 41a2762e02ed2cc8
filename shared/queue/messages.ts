/**
 * What services say to each other, as schemas. A message is checked where it enters a process; nothing in it is executed.
 *
 * Glossary (these words, and only these, in code, logs, metrics and docs):
 * - run: one execution of one analysis over a list of datasets. Has an id, a spec (JSON) and a report.
 * - dataset: a named list of files of one physics process or data-taking period.
 * - group: one entry of the plot's legend, made of datasets.
 * - file, cluster, basket: ROOT's. chunk: an entry range of a file, aligned to clusters.
 * - incarnation: what tells a run from an earlier one of the same id, which was removed.
 * - task: what one message asks for: a file, or a chunk of it. Its identity is (run, index), within an incarnation of the run.
 * - partial: the histograms, cut flow and counters that one task made. commit: the ledger takes a partial, once.
 * - pool: a cluster's worth of workers; each task is in the queue of one pool.
 * - ledger: the collector's durable record of a run: tasks, commits, failures, sums.
 * - report: what a worker says of a task: it started, it lives, its partial (success) or why there is none (failure).
 * - completeness: per dataset, committed entries / expected entries.
 */
import * as v from 'valibot';
import { ERROR_CODES, MessageError } from '../errors.ts';
import { anyObject, count, describeIssues, fraction, identifier, nonNegative, textUpTo, whole } from '../schema.ts';
import { runStorageShape } from './run-storage.ts';
import { MAX_FAILURE_TEXT, MAX_PLACES } from './task-limits.ts';

/** Grows with every change that an older reader would misread. */
export const MESSAGE_VERSION = 1 as const;

const version = v.literal(MESSAGE_VERSION);
/** Also part of queue and folder names. */
export const runId = identifier;
const name = textUpTo(500);
const location = textUpTo(4000);
/** A cluster's worth of workers; part of queue names, in which a dot separates. */
export const poolName = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,60}$/, 'small letters, digits and dashes, at most 60'));
const taskKey = v.object({ run: runId, index: count });
/** Which of the runs that had this id one after the other; absent in messages of an older version. */
const incarnation = v.optional(textUpTo(20));
const reportHead = { v: version, ...taskKey.entries, incarnation, attempt: whole, worker: name, pool: v.optional(poolName) };

/** Asks for the partial of one file, or of its entries [from, to). */
export const taskSchema = v.pipe(
  v.object({
    v: version,
    ...taskKey.entries,
    /** Reports of the task repeat it. */
    incarnation,
    dataset: name,
    /** Columns and weights that only simulation has are not read for data. */
    isData: v.boolean(),
    url: location,
    /** Other places of the same file, tried in this order when one fails. */
    replicas: v.optional(v.pipe(v.array(location), v.maxLength(20))),
    tree: name,
    /** Built-in name, or path of the user's own file. */
    analysis: location,
    parameters: anyObject,
    from: v.optional(count),
    to: v.optional(count),
    /** Of the file's entries, from the first; only where `to` could not be known when the run was planned. */
    fraction: v.optional(fraction),
    attempt: whole,
    /** Whose workers it is for; absent: those of the pool of whoever publishes it. */
    pool: v.optional(poolName),
    /** How its file is read, where the run says so. */
    ...runStorageShape,
  }),
  v.forward(
    v.check(({ from, to }) => from === undefined || to === undefined || from <= to, 'from is over to'),
    ['from'],
  ),
);

export type Task = v.InferOutput<typeof taskSchema>;

/** A task's identity. */
export type TaskKey = v.InferOutput<typeof taskKey>;

/** Where a task's time went. `read` is waiting for fetch and decode, as the compute loop sees it. */
const stageTimes = v.object({ open: nonNegative, read: nonNegative, process: nonNegative, encode: nonNegative });
export type StageTimes = v.InferOutput<typeof stageTimes>;

/** What an attempt took. Bytes and requests are those of all places together. */
export const costSchema = v.object({
  wallMs: nonNegative,
  /** CPU time of the compute thread. */
  cpuMs: v.optional(nonNegative, 0),
  bytesRead: count,
  requests: count,
  /** Of requests, within the attempt. */
  retries: v.optional(count, 0),
  /** By the place that the bytes came from: a server, the disk cache, a copy. */
  places: v.optional(
    v.pipe(
      v.record(v.pipe(v.string(), v.maxLength(300)), v.object({ bytes: count, requests: count })),
      v.maxEntries(MAX_PLACES, `over ${MAX_PLACES} places`),
    ),
    {},
  ),
});
export type Cost = v.InferOutput<typeof costSchema>;

/** A partial: the encoded exact sums by histogram name (shared/histogram), and what they cost. */
export const successSchema = v.object({
  ...reportHead,
  kind: v.literal('success'),
  /** The entries read, [from, to), known now even where the task did not say. */
  from: count,
  to: count,
  fileEntries: count,
  fileBytes: count,
  /** True for a generated file. */
  toy: v.boolean(),
  ...costSchema.entries,
  stagesMs: stageTimes,
  /** Not `v.record`, which leaves out names such as `constructor`. */
  histograms: v.pipe(
    anyObject,
    v.custom<Record<string, Uint8Array>>(
      (value) => Object.entries(value as object).every(([key, each]) => v.is(name, key) && each instanceof Uint8Array),
      'no bytes',
    ),
  ),
});
export type Success = v.InferOutput<typeof successSchema>;

/** Why there is no partial. */
export const failureSchema = v.object({
  ...reportHead,
  kind: v.literal('failure'),
  code: v.picklist(ERROR_CODES),
  text: v.pipe(v.string(), v.maxLength(MAX_FAILURE_TEXT)),
  file: v.pipe(v.string(), v.maxLength(4000)),
  from: v.optional(count),
  to: v.optional(count),
  retryable: v.boolean(),
  /** Absent where the file could not even be opened. */
  entriesLost: v.optional(count),
  fileEntries: v.optional(count),
  fileBytes: v.optional(count),
  /** Absent where nobody can tell: the worker vanished. */
  cost: v.optional(costSchema),
});
export type Failure = v.InferOutput<typeof failureSchema>;

/** A worker began this task. */
export const startedSchema = v.object({ ...reportHead, kind: v.literal('started') });

/** A worker lives and holds these tasks: brokers tell nobody which messages are not acked yet. */
export const aliveSchema = v.object({
  v: version,
  kind: v.literal('alive'),
  worker: name,
  pool: v.optional(poolName),
  threads: v.optional(whole),
  tasks: v.pipe(v.array(taskKey), v.maxLength(10_000)),
});

/** All that workers tell the collector. */
export const reportSchema = v.variant('kind', [successSchema, failureSchema, startedSchema, aliveSchema]);
export type Report = v.InferOutput<typeof reportSchema>;

/** A message nobody could handle, with the reason. */
export interface DeadLetter {
  /** Not checked: it may be the reason. Text where it could not even be decoded. */
  readonly message: unknown;
  readonly reason: string;
  /** Name of the queue that it was in. */
  readonly queue: string;
  /** How often it was delivered. */
  readonly deliveries: number;
}

/**
 * The message, checked.
 * @throws MessageError naming the first fields that are wrong.
 */
export function parseMessage<T extends v.GenericSchema>(schema: T, message: unknown): v.InferOutput<T> {
  const parsed = v.safeParse(schema, message);
  if (parsed.success) return parsed.output;
  throw new MessageError(`message does not follow its schema: ${describeIssues(parsed.issues, 'message', 3)}`);
}
