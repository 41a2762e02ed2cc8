/** What the worker's main thread and its compute threads say to each other. */
import type { AnalysisFiles } from '#shared/analysis/registry.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Task } from '#shared/queue/messages.ts';
import type { RetryPolicy } from '#shared/runtime/retry.ts';
import type { Partial, TaskPlace } from './run-task.ts';

/** Given to a thread when it starts. */
export interface ThreadSettings {
  readonly batchBytes: number;
  readonly allowAnalysisFiles: AnalysisFiles;
  /** Of one read. */
  readonly readRetry: RetryPolicy;
}

export type ToThread = { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'abort' };

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
