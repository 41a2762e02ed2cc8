/** Words that the schemas of settings, messages and files have in common. */
import * as v from 'valibot';

// Each is one check, not a chain of them: messages are many, and short tasks have little else to do.

/** Not empty. */
export const text = v.custom<string>((value) => typeof value === 'string' && value !== '', 'it must be a text that is not empty');

/** Not empty, of at most so many characters. */
export function textUpTo(length: number) {
  const says = `it must be a text of 1 to ${length} characters`;
  return v.custom<string>((value) => typeof value === 'string' && value !== '' && value.length <= length, says);
}

function numberThat(is: string, holds: (value: number) => boolean) {
  return v.custom<number>(
    (value) => typeof value === 'number' && holds(value),
    ({ input }) => `it must be ${is}${typeof input === 'number' ? `, not ${input}` : ''}`,
  );
}

export const nonNegative = numberThat('0 or more', (value) => value >= 0 && value < Number.POSITIVE_INFINITY);
export const positive = numberThat('over 0', (value) => value > 0 && value < Number.POSITIVE_INFINITY);
export const fraction = numberThat('over 0, and at most 1', (value) => value > 0 && value <= 1);
/** 0, 1, 2 ... as far as a double counts. */
export const count = numberThat('a whole number, 0 or more', (value) => Number.isSafeInteger(value) && value >= 0);
/** 1, 2, 3 ... */
export const whole = numberThat('a whole number, 1 or more', (value) => Number.isSafeInteger(value) && value >= 1);

/** Part of queue, folder and file names. */
export const identifier = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9._-]{0,99}$/i, 'letters, digits, dot, dash and underscore, at most 100'),
);

/** At least one. */
export const listOf = <const T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.nonEmpty('it must not be empty'));

/** An object of whatever: parameters, other parties' JSON. */
export const anyObject = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'it must be an object',
);

/** A number as people write it, in the environment or in JSON. */
export const writtenNumber = v.pipe(v.unknown(), v.toNumber('it must be a number'), v.finite('it must be finite'));
export const writtenPositive = v.pipe(writtenNumber, positive);
export const writtenWhole = v.pipe(writtenNumber, whole);

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
