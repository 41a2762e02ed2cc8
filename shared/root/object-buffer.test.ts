/** Parts that are read when they are asked for, and pointers that lead into them. Places are numbers of bytes, and 2. */
import { describe, expect, it } from 'vitest';
import { Cursor } from './cursor.ts';
import { ObjectBuffer } from './object-buffer.ts';

const COUNTED = 0x40000000;
const NEW_CLASS = 0xffffffff;

/** A pointer to a new object of a class that is named here, of one number: 14 bytes. */
const first = (value: number) => [...words(COUNTED | 10, NEW_CLASS), 'A'.charCodeAt(0), 0, ...words(value)];
/** The same of a class that was named at `place`: 12 bytes. */
const later = (place: number, value: number) => words(COUNTED | 8, (0x80000000 | place) >>> 0, value);
const reference = (place: number) => words(place);

function words(...numbers: readonly number[]): number[] {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * i);
  return [...bytes];
}

function bufferOf(...parts: readonly number[][]) {
  const cursor = new Cursor(Uint8Array.from(parts.flat()));
  const buffer = new ObjectBuffer(cursor, 0);
  const read = () => buffer.readAny((className) => ({ className, value: cursor.u32() }));
  return { buffer, cursor, read };
}

describe('a part that is postponed', () => {
  it('is passed over, and read once, when it is asked for', () => {
    const { buffer, cursor, read } = bufferOf(first(7), words(9));
    let times = 0;
    const part = buffer.postpone(14, () => {
      times++;
      return read();
    });
    expect(cursor.u32()).toBe(9);
    expect(times).toBe(0);
    expect(part()).toEqual({ className: 'A', value: 7 });
    expect(part()).toBe(part());
    expect([times, cursor.offset]).toEqual([1, 18]);
  });

  it('is read where a later object refers to what is in it, or to a class that it names', () => {
    const { buffer, read } = bufferOf(first(7), reference(2), later(6, 8));
    const part = buffer.postpone(14, read);
    const found = read();
    expect(found).toBe(part());
    expect(read()).toEqual({ className: 'A', value: 8 });
  });

  it('is found while it is being read, too', () => {
    const { buffer, read } = bufferOf(first(7), reference(2));
    const outer = buffer.postpone(18, () => ({ inner: buffer.postpone(14, read), found: read() }));
    const { inner, found } = outer();
    expect(found).toEqual({ className: 'A', value: 7 });
    expect(found).toBe(inner());
  });

  it('gives its error each time, and no object to those who refer to it', () => {
    const { buffer, cursor, read } = bufferOf(first(7), reference(2));
    const part = buffer.postpone(14, () => cursor.fail('damaged'));
    for (let i = 0; i < 2; i++) expect(part).toThrow('damaged');
    expect(read()).toBeUndefined();
    expect(cursor.offset).toBe(18);
  });

  it('is of no use to what stands in front of it', () => {
    const { buffer, read } = bufferOf(reference(6), first(7));
    const before = read();
    const part = buffer.postpone(18, read);
    expect(before).toBeUndefined();
    expect(part()).toEqual({ className: 'A', value: 7 });
  });
});
