/**
 * The port between producer and collector: the list of tasks, frozen before anything of it is published. In one process
 * the collector is behind it directly.
 */
import * as v from 'valibot';
import { count, listOf, textUpTo } from '../schema.ts';
import { poolName, type Task } from './messages.ts';
import { fileFactsSchema, type RunSpec } from './run-spec.ts';

/** One file with all its tasks: the ledger takes chunks of a file together. */
export interface PlannedFile {
  /** Its number within the run, 0..n-1 in the order of the spec. */
  readonly file: number;
  readonly dataset: string;
  readonly url: string;
  /** Undefined where the file could not be opened, and no catalogue tells: its one task will say why. */
  readonly entries?: number | undefined;
  readonly bytes?: number | undefined;
  /** True for a generated file; undefined where it could not be opened. */
  readonly toy?: boolean | undefined;
  /** Whose workers its tasks are for, in a run with pools. */
  readonly pool?: string | undefined;
  /** Of its collisions, in fb-1. */
  readonly luminosityFb?: number | undefined;
  /** Other places of the same file. */
  readonly replicas?: readonly string[] | undefined;
  readonly tasks: readonly PlannedTask[];
}

/** A page of planned files, as a producer in another process sends it. */
export const plannedFilesSchema = v.pipe(
  v.array(
    v.object({
      file: count,
      dataset: textUpTo(500),
      url: textUpTo(4000),
      entries: v.optional(count),
      bytes: v.optional(count),
      toy: v.optional(v.boolean()),
      pool: v.optional(poolName),
      luminosityFb: fileFactsSchema.entries.luminosityFb,
      replicas: fileFactsSchema.entries.replicas,
      tasks: listOf(v.object({ index: count, from: v.optional(count), to: v.optional(count) })),
    }),
  ),
  v.maxLength(10_000),
) satisfies v.GenericSchema<unknown[], PlannedFile[]>;

export interface PlannedTask {
  readonly index: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface TaskListState {
  /** True once the list is complete: planning is over for good. */
  readonly frozen: boolean;
}

export interface TaskList {
  /**
   * Opens the run, or finds it as it was left.
   * @throws MessageError if a run of this id exists with another spec.
   */
  open(spec: RunSpec): Promise<TaskListState>;
  /**
   * Takes files durably. The same files again change nothing.
   * @throws MessageError if they differ from those taken before, or, as all that follows, if the run was cancelled.
   */
  add(run: string, files: readonly PlannedFile[]): Promise<void>;
  /** The list is complete. */
  freeze(run: string): Promise<void>;
  /** The next tasks after `index` that are neither committed nor failed, in order; empty at the end. */
  pending(run: string, after: number, limit: number): Promise<Task[]>;
}
