/** What became of a run's result files on their way to its bucket, as their writer tells the collector. */
import * as v from 'valibot';
import { textUpTo } from '../schema.ts';

export const MAX_OUTCOME_TEXT = 2000;

export const outputOutcomeSchema = v.object({
  /** Why the files are not all there; absent where they are. */
  error: v.optional(textUpTo(MAX_OUTCOME_TEXT)),
});

export type OutputOutcome = v.InferOutput<typeof outputOutcomeSchema>;
