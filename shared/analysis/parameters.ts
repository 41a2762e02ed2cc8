import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import type { Analysis, Parameters, ParameterValue } from './define-analysis.ts';

/**
 * The parameters of a run: the analysis's defaults, overridden by name. A value has the type of its default; from the
 * command line (`--set key=value`) it may also be a text that reads as that type: `20`, `true`, `30,20,10`.
 * @throws ConfigError that lists every unknown name (with near misses) and every value of a wrong type
 */
export function resolveParameters(analysis: Analysis, overrides: Readonly<Record<string, unknown>> = {}): Parameters {
  const resolved: Record<string, ParameterValue> = { ...analysis.parameters };
  const problems: string[] = [];
  for (const [name, value] of Object.entries(overrides)) {
    const standard = Object.hasOwn(analysis.parameters, name) ? analysis.parameters[name] : undefined;
    const converted = standard === undefined ? undefined : convert(value, standard);
    if (standard === undefined) problems.push(unknownName(analysis, name));
    else if (converted === undefined) problems.push(`parameter \`${name}\` is ${kindOf(standard)}, not ${JSON.stringify(value)}`);
    else resolved[name] = converted;
  }
  if (problems.length > 0) throw new ConfigError(problems.join('; '), { object: `analysis ${analysis.name}` });
  return Object.freeze(resolved);
}

/** True if `value` can be a parameter: a finite number, boolean, text, or list of finite numbers. */
export function isParameterValue(value: unknown): value is ParameterValue {
  if (Array.isArray(value)) return value.every(Number.isFinite);
  return typeof value === 'boolean' || typeof value === 'string' || Number.isFinite(value);
}

function unknownName(analysis: Analysis, name: string): string {
  const names = Object.keys(analysis.parameters);
  return names.length === 0
    ? `there is no parameter \`${name}\`: it takes none`
    : `there is no parameter \`${name}\`. ${didYouMean(name, names)}`;
}

/** `value` as the type of `standard`; undefined where it does not fit. */
function convert(value: unknown, standard: ParameterValue): ParameterValue | undefined {
  if (typeof standard === 'string') return typeof value === 'string' ? value : undefined;
  if (typeof standard === 'number') return toNumber(value);
  if (typeof standard === 'boolean') return toBoolean(value);
  const items = typeof value === 'string' ? splitList(value) : value;
  if (!Array.isArray(items)) return undefined;
  const numbers = items.map(toNumber);
  return numbers.every((number) => number !== undefined) ? Object.freeze(numbers) : undefined;
}

function toNumber(value: unknown): number | undefined {
  // Number('') is 0, and Number('0x10') 16: neither is what somebody types who means a number.
  const number = typeof value === 'string' && /^\s*[-+]?(\d|\.\d)/.test(value) && !/[xob]/i.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

function toBoolean(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return value === 'true' ? true : value === 'false' ? false : undefined;
}

/** `30,20,10` or `[30, 20, 10]`; an empty text is an empty list. */
function splitList(text: string): string[] {
  const inner = text.trim().replace(/^\[(.*)\]$/, '$1');
  return inner.trim() === '' ? [] : inner.split(',');
}

function kindOf(standard: ParameterValue): string {
  if (typeof standard === 'number') return 'a number';
  if (typeof standard === 'boolean') return 'true or false';
  return typeof standard === 'string' ? 'a text' : 'a list of numbers (like 30,20,10)';
}
