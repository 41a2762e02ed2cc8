/** What the worker's main thread and its compute threads say to each other. */
import type { AnalysisFiles } from '#shared/analysis/registry.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Task } from '#shared/queue/messages.ts';
import type { Verify } from '#shared/root/codecs/codec.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import type { ReadCost } from '#shared/storage/read-cost.ts';
import type { StorageSettings } from '#shared/storage/settings.ts';
import type { Partial, TaskPlace } from './run-task.ts';

/** Given to a thread when it starts. */
export interface ThreadSettings {
  readonly batchBytes: number;
  readonly verify: Verify;
  readonly allowAnalysisFiles: AnalysisFiles;
  /** Memory that it may use: so much for objects and arrays, and as much for the bytes that are decoded. */
  readonly memoryMb: number;
  /** Of one read. */
  readonly readRetry: RetryPolicy;
  /** What the bandwidth caps of this process have promised: its threads stand in one line. */
  readonly bandwidth: SharedArrayBuffer;
  /** How files are read, by the environment. */
  readonly storage: StorageSettings;
}

/** What one thread is given besides. */
export interface ThreadStart extends ThreadSettings {
  /** One 32-bit number: tasks that it has begun. Whoever starts it knows by that what it died of. */
  readonly begun: SharedArrayBuffer;
}

/** Tasks are done, and answered, in the order they came; `abort` ends all that came before it, or those of one run. */
export type ToThread =
  | { readonly kind: 'tasks'; readonly tasks: readonly Task[] }
  | { readonly kind: 'abort'; readonly run?: string | undefined };

/** Why there is no partial: an error as plain data. */
export interface ThreadFailure extends TaskPlace {
  readonly code: ErrorCode;
  readonly text: string;
  readonly file: string;
  readonly retryable: boolean;
}

export type FromThread =
  | { readonly kind: 'partial'; readonly partial: Partial }
  | { readonly kind: 'failure'; readonly failure: ThreadFailure }
  | { readonly kind: 'aborted' };

/** To the thread that copies files ahead: the task that will read one. */
export interface ToStageThread {
  readonly id: number;
  readonly task: Task;
}

/** The file is where the task will look for it, or will have to be read from afar. */
export interface FromStageThread {
  readonly id: number;
  readonly cost: ReadCost;
}
