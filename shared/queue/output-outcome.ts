/** What became of a run's result files on their way to its bucket, as their writer tells the collector. */
import { z } from 'zod';

export const MAX_OUTCOME_TEXT = 2000;

export const outputOutcomeSchema = z.object({
  /** Why the files are not all there; absent where they are. */
  error: z.string().min(1).max(MAX_OUTCOME_TEXT).optional(),
});

export type OutputOutcome = z.infer<typeof outputOutcomeSchema>;
