/**
 * The port between producer and collector: the list of tasks, frozen before anything of it is published. In one process
 * the collector is behind it directly.
 */
import type { Task } from './messages.ts';
import type { RunSpec } from './run-spec.ts';

/** One file with all its tasks: chunks of a file are frozen together. */
export interface PlannedFile {
  /** Its number within the run, 0..n-1 in the order of the spec. */
  readonly file: number;
  readonly dataset: string;
  readonly url: string;
  /** Undefined where the file could not be opened: its one task will say why. */
  readonly entries?: number | undefined;
  readonly bytes?: number | undefined;
  /** True for a generated file; undefined where it could not be opened. */
  readonly toy?: boolean | undefined;
  readonly tasks: readonly PlannedTask[];
}

export interface PlannedTask {
  readonly index: number;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface TaskListState {
  /** True once the list is complete: planning is over for good. */
  readonly frozen: boolean;
  /** Where planning goes on. */
  readonly nextFile: number;
  readonly nextIndex: number;
}

export interface TaskList {
  /**
   * Opens the run, or finds it as it was left. Tasks that failed get new attempts.
   * @throws MessageError if a run of this id exists with another spec.
   */
  open(spec: RunSpec): Promise<TaskListState>;
  /** Takes files durably. The same files again change nothing. @throws MessageError if they differ from those taken before. */
  add(run: string, files: readonly PlannedFile[]): Promise<void>;
  /** The list is complete. */
  freeze(run: string): Promise<void>;
  /** The next tasks after `index` that are neither committed nor failed, in order; empty at the end. */
  pending(run: string, after: number, limit: number): Promise<Task[]>;
}
