/** Reports on their way into the ledger: many in one transaction, each answered after it. */
import { isPipelineError, MessageError } from '#shared/errors.ts';
import type { Failure, Report, Success } from '#shared/queue/messages.ts';
import { type RetryPolicy, retryDelayMs } from '#shared/runtime/retry.ts';
import type { Ledger } from './ledger.ts';
import type { Booked } from './ledger-commit.ts';
import type { Verdict } from './ledger-rows.ts';
import type { RunModel } from './run-model.ts';
import type { Sums } from './sums.ts';

export type Conclusion = Success | Failure;

export interface GroupCommitOptions {
  readonly ledger: Ledger;
  readonly sums: Sums;
  readonly retry: RetryPolicy;
  /** The run of a report. @throws MessageError if there is none */
  readonly model: (run: string) => Promise<RunModel>;
  /** Called after each transaction, with what became of each report, and the time it took. */
  readonly onCommit: (results: readonly Committed[], ms: number) => void;
}

/** A report that went through the ledger. */
export interface Committed extends Booked {
  readonly report: Conclusion;
}

interface Waiting {
  readonly report: Conclusion;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** A disk flush costs some ms: this long the first report waits for others. */
const WINDOW_MS = 50;
/** Reports in one transaction. */
export const GROUP_SIZE = 256;

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<void> | undefined;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the report is durably counted (or was already).
   * @throws MessageError if it belongs to no known task, or to an earlier run of the same id; StorageError if the ledger cannot take it
   */
  add(report: Conclusion): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ report, resolve, reject });
      if (this.#waiting.length === GROUP_SIZE) void this.flush();
      else this.#timer ??= setTimeout(() => void this.flush(), WINDOW_MS);
    });
  }

  /** Commits what waits now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#busy;
    this.#busy = this.#flushAll();
    await this.#busy;
  }

  async #flushAll(): Promise<void> {
    for (let group = this.#waiting.splice(0, GROUP_SIZE); group.length > 0; group = this.#waiting.splice(0, GROUP_SIZE)) {
      const verdicts = await Promise.all(group.map(({ report }) => this.#judge(report).catch((error: unknown) => error)));
      const sound = group.flatMap((waiting, i) => {
        const verdict = verdicts[i] as Verdict;
        if (verdict !== null && typeof verdict === 'object' && 'report' in verdict) return [{ waiting, verdict }];
        waiting.reject(verdicts[i]);
        return [];
      });
      this.#commit(sound);
    }
  }

  /** All in one transaction; where one of them does not fit the ledger, each in its own. */
  #commit(group: readonly { waiting: Waiting; verdict: Verdict }[]): void {
    try {
      this.#transaction(group.map(({ verdict }) => verdict));
      for (const { waiting } of group) waiting.resolve();
    } catch (error) {
      if (!isPipelineError(error, 'MessageError')) for (const { waiting } of group) waiting.reject(error);
      else if (group.length > 1) for (const each of group) this.#commit([each]);
      else this.#refuse(group[0] as (typeof group)[number], error);
    }
  }

  /** A partial that does not fit its task must not leave the task open for ever: it counts as a failure. */
  #refuse({ waiting, verdict }: { waiting: Waiting; verdict: Verdict }, error: unknown): void {
    try {
      if (verdict.report.kind === 'failure') throw error;
      this.#transaction([{ report: refusal(verdict.report, error), dueMs: undefined }]);
      waiting.resolve();
    } catch (second) {
      waiting.reject(second);
    }
  }

  #transaction(verdicts: readonly Verdict[]): void {
    const { ledger, sums, onCommit } = this.#options;
    const start = performance.now();
    let booked: Booked[];
    try {
      booked = ledger.commit(verdicts, () => sums.changed());
    } catch (error) {
      sums.rollback();
      throw error;
    }
    sums.commit();
    const results = verdicts.map(({ report }, i) => ({ report, ...(booked[i] as Booked) }));
    onCommit(results, performance.now() - start);
  }

  async #judge(report: Conclusion): Promise<Verdict> {
    const model = await this.#options.model(report.run);
    if (report.kind === 'failure') return { report, dueMs: this.#dueMs(report, model) };
    return { report, merge: (dataset) => this.#options.sums.merge(model, dataset, report.histograms) };
  }

  #dueMs({ retryable, attempt }: Failure, { spec }: RunModel): number | undefined {
    const { retry } = this.#options;
    const { attempts = retry.attempts } = spec;
    return retryable && attempt < attempts ? Date.now() + retryDelayMs(retry, attempt, Math.random()) : undefined;
  }
}

function refusal({ v, run, index, incarnation, attempt, worker, from, to }: Success, error: unknown): Failure {
  const reason = error instanceof MessageError ? error.message : String(error);
  const head = { v, kind: 'failure' as const, run, index, incarnation, attempt, worker };
  return { ...head, code: 'MessageError', text: reason, file: '', from, to, retryable: false, entriesLost: to - from };
}

/** True for reports that go into the ledger. */
export function isConclusion(report: Report): report is Conclusion {
  return report.kind === 'success' || report.kind === 'failure';
}
