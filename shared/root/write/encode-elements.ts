import type { ElementArray, ElementType } from '../column-type.ts';

/** Writes values[from..to) big-endian at a place of a buffer that has room for them. */
export type PutElements = (view: DataView, at: number, values: ElementArray, from: number, to: number) => void;

function putter<E extends ElementType>(
  put: (view: DataView, at: number, value: ElementArray<E>[number]) => void,
  size: number,
): PutElements {
  return (view, at, values, from, to) => {
    // In range: callers pass 0 <= from <= to <= values.length.
    const typed = values as ElementArray<E>;
    for (let i = from, place = at; i < to; i++, place += size) put(view, place, typed[i]!);
  };
}

const BYTES: PutElements = (view, at, values, from, to) => {
  new Uint8Array(view.buffer).set((values as Uint8Array).subarray(from, to), at);
};

/** The writer of each element type; a function of its own for each, so that each loop sees one kind of array. */
export const PUT_ELEMENTS: Readonly<Record<ElementType, PutElements>> = {
  bool: BYTES,
  u8: BYTES,
  i8: putter<'i8'>((view, at, value) => view.setInt8(at, value), 1),
  i16: putter<'i16'>((view, at, value) => view.setInt16(at, value), 2),
  u16: putter<'u16'>((view, at, value) => view.setUint16(at, value), 2),
  i32: putter<'i32'>((view, at, value) => view.setInt32(at, value), 4),
  u32: putter<'u32'>((view, at, value) => view.setUint32(at, value), 4),
  i64: putter<'i64'>((view, at, value) => view.setBigInt64(at, value), 8),
  u64: putter<'u64'>((view, at, value) => view.setBigUint64(at, value), 8),
  f32: putter<'f32'>((view, at, value) => view.setFloat32(at, value), 4),
  f64: putter<'f64'>((view, at, value) => view.setFloat64(at, value), 8),
};
