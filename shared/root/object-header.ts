/** What ROOT's streaming (TBufferFile) puts in front of objects, and in place of those that were stored before. */

/** Set in a byte count, which says how many bytes follow it. */
export const BYTE_COUNT_MASK = 0x4000_0000;
/** Set in the place of a class that was named before. */
export const CLASS_MASK = 0x8000_0000;
/** Stands in front of the name of a class. */
export const NEW_CLASS_TAG = 0xffff_ffff;
/** Added to the places of objects and classes, which count the key as well. */
export const MAP_OFFSET = 2;
/** In front of the values of a std::vector: byte count 4, version 2, number of values 4. */
export const VECTOR_HEADER_BYTES = 10;

/** How many bytes follow a byte count; undefined where it is none. */
export function byteCountOf(word: number): number | undefined {
  return (word & BYTE_COUNT_MASK) !== 0 && word < CLASS_MASK ? word - BYTE_COUNT_MASK : undefined;
}
