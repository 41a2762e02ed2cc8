import * as v from 'valibot';
import { MessageError } from '../errors.ts';
import { describeIssues } from '../schema.ts';

/** What the API server answered about `what`. @throws MessageError if it has another form than it should have */
export function parseAnswer<T extends v.GenericSchema>(schema: T, answer: unknown, what: string): v.InferOutput<T> {
  const parsed = v.safeParse(schema, answer);
  if (parsed.success) return parsed.output;
  throw new MessageError(`the cluster's answer about ${what} is not what it should be: ${describeIssues(parsed.issues, 'answer', 5)}`);
}
