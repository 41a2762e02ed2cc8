/** Typed access to the members of an object as read from a file; a member of another type is damage. */
import { RootFormatError } from '../errors.ts';
import type { RootObject } from './object-reader.ts';

export type Members = Readonly<Record<string, unknown>>;

/** A number or, as 0 and 1, a bool. */
export function number(members: Members, name: string): number {
  const value = members[name];
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw wrong(name, 'a number');
}

/** A text; empty where the class has no such member. */
export function text(members: Members, name: string): string {
  const value = members[name] ?? '';
  if (typeof value !== 'string') throw wrong(name, 'a text');
  return value;
}

/** Numbers of an array member. */
export function numbers(members: Members, name: string): readonly number[] {
  const value = members[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'number')) throw wrong(name, 'an array of numbers');
  return value;
}

/** An object, or undefined for a null pointer. */
export function object(members: Members, name: string): RootObject | undefined {
  const value = members[name];
  if (value === undefined || isObject(value)) return value;
  throw wrong(name, 'an object');
}

/** The items of a collection; null pointers are undefined. */
export function list(members: Members, name: string): readonly (RootObject | undefined)[] {
  const items = object(members, name)?.members['items'];
  if (!Array.isArray(items) || !items.every((item) => item === undefined || isObject(item))) throw wrong(name, 'a collection of objects');
  return items;
}

function isObject(value: unknown): value is RootObject {
  return typeof value === 'object' && value !== null && 'className' in value && 'members' in value;
}

function wrong(name: string, what: string): RootFormatError {
  return new RootFormatError(`member ${name} is not ${what}`);
}
