/**
 * What services say to each other, as schemas. A message is checked where it enters a process; nothing in it is executed.
 *
 * Glossary (these words, and only these, in code, logs, metrics and docs):
 * - run: one execution of one analysis over a list of datasets. Has an id, a spec (JSON) and a report.
 * - dataset: a named list of files of one physics process or data-taking period.
 * - group: one entry of the plot's legend, made of datasets.
 * - file, cluster, basket: ROOT's. chunk: an entry range of a file, aligned to clusters.
 * - task: what one message asks for: a file, or a chunk of it. Its identity is (run, index).
 * - partial: the histograms, cut flow and counters that one task made. commit: the ledger takes a partial, once.
 * - pool: a cluster's worth of workers; each task is in the queue of one pool.
 * - ledger: the collector's durable record of a run: tasks, commits, failures, sums.
 * - report: what a worker says of a task: it started, it lives, its partial (success) or why there is none (failure).
 * - completeness: per dataset, committed entries / expected entries.
 */
import { z } from 'zod';
import { ERROR_CODES, MessageError } from '../errors.ts';
import { runStorageShape } from './run-storage.ts';
import { MAX_PLACES } from './task-limits.ts';

/** Grows with every change that an older reader would misread. */
export const MESSAGE_VERSION = 1 as const;

const version = z.literal(MESSAGE_VERSION);
const count = z.int().nonnegative();
/** Also part of queue and folder names. */
export const runId = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'letters, digits, dot, dash and underscore, at most 100');
const name = z.string().min(1).max(500);
/** A cluster's worth of workers; part of queue names, in which a dot separates. */
export const poolName = z.string().regex(/^[a-z0-9-]{1,60}$/, 'small letters, digits and dashes, at most 60');
const taskKey = z.object({ run: runId, index: count });
const reportHead = z.object({ v: version, ...taskKey.shape, attempt: z.int().positive(), worker: name, pool: poolName.optional() });

/** Asks for the partial of one file, or of its entries [from, to). */
export const taskSchema = z
  .object({
    v: version,
    ...taskKey.shape,
    dataset: name,
    /** Columns and weights that only simulation has are not read for data. */
    isData: z.boolean(),
    url: z.string().min(1).max(4000),
    /** Other places of the same file, tried in this order when one fails. */
    replicas: z.array(z.string().min(1).max(4000)).max(20).optional(),
    tree: name,
    /** Built-in name, or path of the user's own file. */
    analysis: z.string().min(1).max(4000),
    parameters: z.record(z.string(), z.unknown()),
    from: count.optional(),
    to: count.optional(),
    /** Of the file's entries, from the first; only where `to` could not be known when the run was planned. */
    fraction: z.number().gt(0).max(1).optional(),
    attempt: z.int().positive(),
    /** Whose workers it is for; absent: those of the pool of whoever publishes it. */
    pool: poolName.optional(),
    /** How its file is read, where the run says so. */
    ...runStorageShape,
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, { message: 'from is over to', path: ['from'] });

export type Task = z.infer<typeof taskSchema>;

/** A task's identity. */
export type TaskKey = z.infer<typeof taskKey>;

const milliseconds = z.number().nonnegative();

/** Where a task's time went. `read` is waiting for fetch and decode, as the compute loop sees it. */
const stageTimes = z.object({ open: milliseconds, read: milliseconds, process: milliseconds, encode: milliseconds });
export type StageTimes = z.infer<typeof stageTimes>;

/** What an attempt took. Bytes and requests are those of all places together. */
export const costSchema = z.object({
  wallMs: milliseconds,
  /** CPU time of the compute thread. */
  cpuMs: milliseconds.default(0),
  bytesRead: count,
  requests: count,
  /** Of requests, within the attempt. */
  retries: count.default(0),
  /** By the place that the bytes came from: a server, the disk cache, a copy. */
  places: z
    .record(z.string().max(300), z.object({ bytes: count, requests: count }))
    .refine((places) => Object.keys(places).length <= MAX_PLACES, { message: `over ${MAX_PLACES} places` })
    .default({}),
});
export type Cost = z.infer<typeof costSchema>;

/** A partial: the encoded exact sums by histogram name (shared/histogram), and what they cost. */
export const successSchema = reportHead.extend({
  kind: z.literal('success'),
  /** The entries read, [from, to), known now even where the task did not say. */
  from: count,
  to: count,
  fileEntries: count,
  fileBytes: count,
  /** True for a generated file. */
  toy: z.boolean(),
  ...costSchema.shape,
  stagesMs: stageTimes,
  histograms: z.record(
    name,
    z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'no bytes'),
  ),
});
export type Success = z.infer<typeof successSchema>;

/** Why there is no partial. */
export const failureSchema = reportHead.extend({
  kind: z.literal('failure'),
  code: z.enum(ERROR_CODES),
  text: z.string().max(4000),
  file: z.string().max(4000),
  from: count.optional(),
  to: count.optional(),
  retryable: z.boolean(),
  /** Absent where the file could not even be opened. */
  entriesLost: count.optional(),
  fileEntries: count.optional(),
  fileBytes: count.optional(),
  /** Absent where nobody can tell: the worker vanished. */
  cost: costSchema.optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/** A worker began this task. */
export const startedSchema = reportHead.extend({ kind: z.literal('started') });

/** A worker lives and holds these tasks: brokers tell nobody which messages are not acked yet. */
export const aliveSchema = z.object({
  v: version,
  kind: z.literal('alive'),
  worker: name,
  pool: poolName.optional(),
  threads: z.int().positive().optional(),
  tasks: z.array(taskKey).max(10_000),
});

/** All that workers tell the collector. */
export const reportSchema = z.discriminatedUnion('kind', [successSchema, failureSchema, startedSchema, aliveSchema]);
export type Report = z.infer<typeof reportSchema>;

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
export function parseMessage<T>(schema: z.ZodType<T>, message: unknown): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`);
  throw new MessageError(`message does not follow its schema: ${issues.join('; ')}`, { cause: parsed.error });
}
