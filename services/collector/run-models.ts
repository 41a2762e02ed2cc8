/** The models of runs, loaded when they are asked for; kept while the run goes on, and of some runs that are over. */
import type { AnalysisFiles } from '#shared/analysis/registry.ts';
import { isPipelineError, MessageError } from '#shared/errors.ts';
import type { Ledger } from './ledger.ts';
import { loadRunModel, type RunModel } from './run-model.ts';

export interface RunModelsOptions {
  readonly ledger: Pick<Ledger, 'run' | 'spec'>;
  readonly allowAnalysisFiles: AnalysisFiles;
  /** Whose tasks are those of runs without pools. */
  readonly ownPool: string | undefined;
  /** Told once why a run cannot be shown or counted. */
  readonly onBroken: (run: string, reason: string) => void;
}

/** What did not load is not tried again for this long: the spec may be long, and many ask. */
const AGAIN_MS = 10_000;
/** Models of runs that are over, for whoever looks at them. */
const KEPT = 16;

/** What a list of runs says of each. */
export interface RunHeading {
  /** Name of the analysis. */
  readonly analysis: string;
  readonly spec: Pick<RunModel['spec'], 'output'>;
}

export class RunModels {
  readonly #options: RunModelsOptions;
  /** The one that was asked for last at the end. */
  readonly #known = new Map<string, Promise<RunModel>>();
  readonly #headings = new Map<string, RunHeading>();
  /** Runs that did not load, with what was told of them. */
  readonly #told = new Map<string, string>();

  constructor(options: RunModelsOptions) {
    this.#options = options;
  }

  /**
   * The model of a run in the ledger. @throws MessageError if there is no such run, or if it cannot be counted any more: its
   * analysis is gone, or has other parameters now. That is the matter of this run alone.
   */
  of(run: string): Promise<RunModel> {
    const known = this.#known.get(run);
    if (known !== undefined) {
      this.#known.delete(run);
      this.#known.set(run, known);
      return known;
    }
    const model = this.#load(run);
    this.#known.set(run, model);
    this.#trim();
    const again = () => this.#known.get(run) === model && this.#known.delete(run);
    model.catch(() => setTimeout(again, AGAIN_MS).unref());
    return model;
  }

  /** Loads a model once: a list of a thousand runs must not need all of theirs. @throws MessageError as `of` does */
  async heading(run: string): Promise<RunHeading> {
    const known = this.#headings.get(run);
    if (known !== undefined) return known;
    const model = this.of(run);
    const { analysis, spec } = await model;
    const heading = { analysis: analysis.name, spec: { output: spec.output } };
    // Meanwhile the run may have been opened anew, or forgotten.
    if (this.#known.get(run) === model) this.#headings.set(run, heading);
    return heading;
  }

  keep(model: RunModel): void {
    const { run } = model.spec;
    this.forget(run);
    this.#known.set(run, Promise.resolve(model));
    this.#trim();
  }

  forget(run: string): void {
    this.#known.delete(run);
    this.#headings.delete(run);
    this.#told.delete(run);
  }

  #trim(): void {
    const over = [...this.#known.keys()].filter((run) => this.#options.ledger.run(run)?.state !== 'running');
    for (const run of over.slice(0, Math.max(0, over.length - KEPT))) this.#known.delete(run);
  }

  async #load(run: string): Promise<RunModel> {
    const { ledger, allowAnalysisFiles, ownPool, onBroken } = this.#options;
    const spec = ledger.spec(run);
    if (spec === undefined) throw new MessageError(`the ledger has no run ${run}`);
    try {
      return await loadRunModel(spec, allowAnalysisFiles, ownPool);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (this.#told.get(run) !== reason) onBroken(run, reason);
      this.#told.set(run, reason);
      throw new MessageError(`run ${run} cannot be shown or counted: ${reason}`, {
        hint: 'With its analysis back in place it goes on by itself.',
        cause,
      });
    }
  }
}

/** Undefined where the run is gone, or cannot be counted: the others go on. */
export async function ofOneRun<T>(action: () => Promise<T>): Promise<T | undefined> {
  try {
    return await action();
  } catch (error) {
    if (isPipelineError(error, 'MessageError')) return undefined;
    throw error;
  }
}
