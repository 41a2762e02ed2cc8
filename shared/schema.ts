/** Words that the schemas of settings, messages and files have in common. */
import * as v from 'valibot';

/** Not empty. */
export const text = v.pipe(v.string(), v.nonEmpty('it must not be empty'));
/** Not empty, of at most so many characters. */
export const textUpTo = (length: number) => v.pipe(text, v.maxLength(length, `it must have at most ${length} characters`));

/** Any but NaN and the infinities. */
export const number = v.pipe(v.number(), v.finite('it must be finite'));
export const nonNegative = v.pipe(number, v.minValue(0));
export const positive = v.pipe(number, v.gtValue(0));
/** Over 0, and at most 1. */
export const fraction = v.pipe(number, v.gtValue(0), v.maxValue(1));
export const integer = v.safeInteger('it must be a whole number');
/** 0, 1, 2 ... as far as a double counts. */
export const count = v.pipe(v.number(), integer, v.minValue(0));
/** 1, 2, 3 ... */
export const whole = v.pipe(v.number(), integer, v.minValue(1));

/** At least one. */
export const listOf = <const T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.nonEmpty('it must not be empty'));

/** An object of whatever: parameters, other parties' JSON. */
export const anyObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'it must be an object',
);

/** A number as people write it, in the environment or in JSON. */
export const writtenNumber = v.pipe(v.unknown(), v.toNumber('it must be a number'), v.finite('it must be finite'));
export const writtenWhole = v.pipe(writtenNumber, integer, v.minValue(1));

// Said where a schema has no message of its own. Texts that were given are not repeated: there may be keys in them.
v.setGlobalMessage(({ expected, received, input, type }) => {
  if (expected === 'never') return 'it is not known here';
  if (received === 'undefined') return 'it is missing';
  return `expected ${expected ?? type}${typeof input === 'number' ? `, not ${input}` : ''}`;
});

/** The first things that are wrong, as `a.place.in.it: what` each; `top` is what the value itself is called. */
export function describeIssues(issues: readonly v.BaseIssue<unknown>[], top: string, limit: number): string {
  return issues
    .slice(0, limit)
    .map((issue) => `${v.getDotPath(issue) || top}: ${issue.message}`)
    .join('; ');
}
