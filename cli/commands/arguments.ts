/** Parsers of option values. Each throws commander's InvalidArgumentError, which ends as wrong usage (exit code 2). */
import { InvalidArgumentError } from 'commander';

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

/** `key=value`, several times. */
export function keyValue(text: string, previous: Readonly<Record<string, string>>): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be key=value.');
  return { ...previous, [key]: value };
}

/** Over 0, at most 1. */
export function fraction(text: string): number {
  const value = positiveNumber(text);
  if (value > 1) throw new InvalidArgumentError('It must be over 0 and at most 1.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It must be a number over 0.');
  return value;
}

export function positiveInteger(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return value;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

export function portNumber(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError('It must be a port number, 0 to 65535.');
  return value;
}

const CHECKSUMS = ['adler32', 'crc32', 'md5', 'sha1', 'sha256'] as const;

export function checksumKind(text: string): (typeof CHECKSUMS)[number] {
  const kind = CHECKSUMS.find((each) => each === text);
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${CHECKSUMS.join(', ')}.`);
  return kind;
}
