import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  anyObject,
  count,
  describeIssues,
  fraction,
  listOf,
  positive,
  text,
  textUpTo,
  whole,
  writtenNumber,
  writtenWhole,
} from './schema.ts';

const problemOf = (schema: v.GenericSchema, value: unknown) => {
  const { issues } = v.safeParse(schema, value);
  return issues && describeIssues(issues, 'it', 3);
};

describe('what schemas have in common', () => {
  it.each([
    ['text', text, 'a', ['', 5, null]],
    ['textUpTo', textUpTo(3), 'abc', ['abcd', '']],
    ['count', count, 0, [-1, 0.5, 2 ** 53, '1']],
    ['whole', whole, 1, [0, 1.5, Number.NaN]],
    ['positive', positive, 0.1, [0, Number.POSITIVE_INFINITY, Number.NaN]],
    ['fraction', fraction, 1, [0, 1.01]],
    ['writtenNumber', writtenNumber, '1.5', ['many', undefined, 'Infinity']],
    ['writtenWhole', writtenWhole, '22', ['0', '1.5', '9007199254740993']],
    ['anyObject', anyObject, { a: 1 }, [[1], null, 'a']],
    ['listOf', listOf(text), ['a'], [[], [''], 'a']],
  ] as const)('%s: takes what it should, and nothing else', (_, schema, good, bad) => {
    expect(problemOf(schema, good)).toBeUndefined();
    for (const value of bad) expect(problemOf(schema, value), String(value)).toBeDefined();
  });

  it('is told by place and reason; numbers are repeated, texts are not: there may be keys in them', () => {
    const schema = v.strictObject({ files: listOf(v.object({ entries: count })), url: v.array(text), name: text });
    expect(problemOf(schema, { files: [{ entries: -2 }], url: 's3://key:planted@bucket', name: '' })).toBe(
      'files.0.entries: it must be a whole number, 0 or more, not -2; url: expected Array; name: it must be a text that is not empty',
    );
    expect(problemOf(schema, { files: [{}], url: [], name: 'a', planted: 1 })).toBe(
      'files.0.entries: it is missing; planted: it is not known here',
    );
    expect(problemOf(schema, 'planted')).toBe('it: expected Object');
  });
});
