/** The collector over HTTP: the same ports that it implements in its own process, and its verbs. */
import { ERROR_CODES, type ErrorCode, PipelineError, StorageError } from '../errors.ts';
import type { RunFeed, RunSummary } from '../plot/feed.ts';
import type { FailureSnapshot, RunSnapshot } from '../plot/snapshot.ts';
import type { Task } from '../queue/messages.ts';
import type { OutputOutcome } from '../queue/output-outcome.ts';
import type { RunSpec } from '../queue/run-spec.ts';
import type { PlannedFile, TaskList, TaskListState } from '../queue/task-list.ts';
import type { RunDetails } from '../results/run-details.ts';
import { type RetryOptions, type RetryPolicy, retry } from '../runtime/retry.ts';
import { readEvents } from './event-stream.ts';

export interface CollectorClientOptions {
  /** Like `http://collector:8081`. */
  readonly url: string;
  /**
   * Of one request. Requests may be repeated: each of them changes nothing the second time, but for `retry`, which gives tasks that
   * have failed meanwhile their attempts again.
   */
  readonly retry?: RetryPolicy | undefined;
  /** Called before each wait for another try. */
  readonly onRetry?: RetryOptions['onRetry'];
  /** An answer that does not come within this time counts as none. */
  readonly timeoutMs?: number | undefined;
  /** Abort: requests end at once, and none is tried again. Live streams have a signal of their own. */
  readonly signal?: AbortSignal | undefined;
}

/** A failure as the collector lists it. */
export interface ListedFailure extends Omit<FailureSnapshot, 'message'> {
  readonly index: number;
  readonly text: string;
}

/** About two minutes: a collector that restarts is waited for. */
const PATIENT: RetryPolicy = { attempts: 20, baseMs: 250, maxMs: 10_000 };

/** @throws PipelineError as the collector would; StorageError (retryable) where it cannot be reached; the signal's reason when aborted */
export class CollectorClient implements RunFeed, TaskList {
  readonly #url: string;
  readonly #retry: RetryPolicy;
  readonly #onRetry: RetryOptions['onRetry'];
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal | undefined;

  constructor({ url, retry: policy = PATIENT, onRetry, timeoutMs = 30_000, signal }: CollectorClientOptions) {
    this.#url = url.replace(/\/+$/, '');
    this.#retry = policy;
    this.#onRetry = onRetry;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  async runs(): Promise<readonly RunSummary[]> {
    return (await this.#json('GET', '/runs')) as RunSummary[];
  }

  async snapshot(run: string): Promise<RunSnapshot | undefined> {
    return (await this.#found(pathOf(run))) as RunSnapshot | undefined;
  }

  async details(run: string): Promise<RunDetails | undefined> {
    return (await this.#found(`${pathOf(run)}/details`)) as RunDetails | undefined;
  }

  async failures(run: string, limit: number): Promise<readonly ListedFailure[]> {
    return (await this.#json('GET', `${pathOf(run)}/failures?limit=${limit}`)) as ListedFailure[];
  }

  /** Ends with a StorageError when the connection is cut: the caller decides whether to come back. */
  async *changes(run: string, signal: AbortSignal): AsyncGenerator<RunSnapshot> {
    const path = `${pathOf(run)}/events`;
    const response = await this.#request('GET', path, { signal, accept: 'text/event-stream' }).catch((error: unknown) => {
      if (signal.aborted || isMissing(error)) return undefined;
      throw error;
    });
    if (response?.body == null) return;
    try {
      for await (const { event, data } of readEvents(response.body)) {
        if (event === 'end') return;
        if (event === 'message') yield JSON.parse(data) as RunSnapshot;
      }
    } catch (cause) {
      if (!signal.aborted) throw new StorageError('the live stream of the collector was cut', { file: this.#url, cause });
    }
    if (!signal.aborted) throw new StorageError('the live stream of the collector ended', { file: this.#url });
  }

  async open(spec: RunSpec): Promise<TaskListState> {
    return (await this.#json('POST', '/runs', spec)) as TaskListState;
  }

  async add(run: string, files: readonly PlannedFile[]): Promise<void> {
    await this.#json('POST', `${pathOf(run)}/files`, files);
  }

  async freeze(run: string): Promise<void> {
    await this.#json('POST', `${pathOf(run)}/freeze`);
  }

  async pending(run: string, after: number, limit: number): Promise<Task[]> {
    return (await this.#json('GET', `${pathOf(run)}/pending?after=${after}&limit=${limit}`)) as Task[];
  }

  /** The collector publishes the tasks: for producers that cannot reach the broker. */
  async issue(run: string): Promise<void> {
    await this.#json('POST', `${pathOf(run)}/issue`);
  }

  /** Ends a run; what is committed stays. */
  async cancel(run: string): Promise<void> {
    await this.#json('POST', `${pathOf(run)}/cancel`);
  }

  /** Tells what became of the run's files on their way to its bucket. */
  async tellOutput(run: string, outcome: OutputOutcome): Promise<void> {
    await this.#json('POST', `${pathOf(run)}/output`, outcome);
  }

  /** New attempts for the failed tasks; returns how many: after a lost answer those that have failed meanwhile. */
  async retry(run: string): Promise<number> {
    return ((await this.#json('POST', `${pathOf(run)}/retry`)) as { tasks: number }).tasks;
  }

  /** Forgets a run in ledger and broker. @throws MessageError if there is no such run */
  async remove(run: string): Promise<void> {
    // The answer of an earlier try may have been lost after the run was.
    await this.#json('DELETE', pathOf(run), undefined, (error, attempt) => attempt > 1 && isMissing(error));
  }

  /** The collector's metrics, in the text format of Prometheus. */
  async metrics(): Promise<string> {
    return (await this.#request('GET', '/metrics', { signal: this.#patience() })).text();
  }

  async #found(path: string): Promise<unknown> {
    try {
      return await this.#json('GET', path);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** `isDone`: whether the error of this try means that an earlier one has done it; then there is no answer. */
  #json(method: string, path: string, body?: unknown, isDone?: (error: unknown, attempt: number) => boolean): Promise<unknown> {
    return retry(
      async (attempt) => {
        const response = await this.#request(method, path, { body, signal: this.#patience() }).catch((error: unknown) => {
          if (isDone?.(error, attempt) === true) return undefined;
          throw error;
        });
        if (response === undefined) return undefined;
        return response.json().catch((cause: unknown) => {
          this.#signal?.throwIfAborted();
          throw new StorageError('the answer of the collector was cut', { file: this.#url, cause });
        });
      },
      { policy: this.#retry, onRetry: this.#onRetry, signal: this.#signal },
    );
  }

  /** For one answer. */
  #patience(): AbortSignal {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    return this.#signal === undefined ? timeout : AbortSignal.any([timeout, this.#signal]);
  }

  async #request(method: string, path: string, { body, signal, accept = 'application/json' }: RequestOptions): Promise<Response> {
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { Accept: accept, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) };
    const response = await fetch(`${this.#url}${path}`, { method, headers, ...content, ...(signal ? { signal } : {}) }).catch(
      (cause: unknown) => {
        this.#signal?.throwIfAborted();
        const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
        throw new StorageError(`the collector cannot be reached: ${inner instanceof Error ? inner.message || inner.name : inner}`, {
          file: this.#url,
          hint: 'Is it running, and is the address right (HIGGSFLOW_COLLECTOR, --collector)?',
          cause,
        });
      },
    );
    if (!response.ok) throw await this.#toError(response);
    return response;
  }

  async #toError(response: Response): Promise<PipelineError> {
    const { error } = ((await response.json().catch(() => undefined)) ?? {}) as { error?: Partial<ErrorFields> };
    const code = ERROR_CODES.find((known) => known === error?.code);
    if (code === undefined || error?.message === undefined) {
      return new StorageError(`the collector answered ${response.status}`, { file: this.#url, retryable: response.status >= 500 });
    }
    return new PipelineError(code, error.message, { retryable: error.retryable ?? response.status === 503, cause: response.status });
  }
}

interface ErrorFields {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

interface RequestOptions {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly accept?: string;
}

function pathOf(run: string): string {
  return `/runs/${encodeURIComponent(run)}`;
}

function isMissing(error: unknown): boolean {
  return error instanceof PipelineError && error.cause === 404;
}
