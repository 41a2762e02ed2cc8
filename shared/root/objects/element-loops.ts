/** Big-endian numbers into typed arrays, one loop a type: each stays as fast as the machine allows. */
import type { ElementArray, ElementType } from '../column-type.ts';

/** Puts `count` numbers that stand from `at` on into `values`, from `to` on. */
export type CopyNumbers = (view: DataView, at: number, values: ElementArray, to: number, count: number) => void;

/** By element type. A bool is 0 or 1, whatever its byte says. */
export const COPY_NUMBERS: Readonly<Record<ElementType, CopyNumbers>> = {
  bool: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getUint8(at + i) === 0 ? 0 : 1;
  },
  i8: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getInt8(at + i);
  },
  u8: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getUint8(at + i);
  },
  i16: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getInt16(at + 2 * i);
  },
  u16: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getUint16(at + 2 * i);
  },
  i32: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getInt32(at + 4 * i);
  },
  u32: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getUint32(at + 4 * i);
  },
  i64: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getBigInt64(at + 8 * i);
  },
  u64: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getBigUint64(at + 8 * i);
  },
  f32: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getFloat32(at + 4 * i);
  },
  f64: (view, at, values, to, count) => {
    for (let i = 0; i < count; i++) values[to + i] = view.getFloat64(at + 8 * i);
  },
};
