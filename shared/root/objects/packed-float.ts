/** Double32_t and Float16_t: floating-point numbers that a class packs as the comment behind its member says, `//[0,10,8]`. */
import type { ElementType } from '../column-type.ts';

/** What ROOT calls them. */
export type PackedType = 'Double32_t' | 'Float16_t';

/** How the bytes of a packed number become its value. */
export interface PackedFloat {
  readonly element: Extract<ElementType, 'f32' | 'f64'>;
  readonly bytes: 3 | 4;
  /** Steps of the range behind `lo`; undefined where there is none, and exponent and mantissa are stored. */
  readonly range?: { readonly lo: number; readonly factor: number };
  /** Bits of the mantissa, without a range. */
  readonly mantissaBits: number;
}

const FLOAT16_BITS = 12;
/** ROOT takes fewer bits than this, without a range, as those of the mantissa; more are a whole float. */
const MOST_MANTISSA_BITS = 14;

/** The packing of a member, or 'float' where it is stored as a plain float; undefined where the comment is not understood. */
export function packingOf(kind: PackedType, comment: string): PackedFloat | 'float' | undefined {
  const element = kind === 'Double32_t' ? 'f64' : 'f32';
  const standard = kind === 'Double32_t' ? ('float' as const) : ({ element, bytes: 3, mantissaBits: FLOAT16_BITS } as const);
  const range = findRange(comment);
  if (range === undefined) return standard;
  const [lo, hi, bits] = [boundary(range[0]), boundary(range[1]), range[2] === undefined ? 32 : Number(range[2])];
  if (lo === undefined || hi === undefined || range.length > 3 || !(Number.isInteger(bits) && bits >= 2 && bits <= 32)) return undefined;
  if (lo < hi) return { element, bytes: 4, range: { lo, factor: (bits < 32 ? 2 ** bits : 0xffff_ffff) / (hi - lo) }, mantissaBits: 0 };
  return bits <= MOST_MANTISSA_BITS ? { element, bytes: 3, mantissaBits: bits } : standard;
}

/** The parts of the first brackets with a comma: those before may be dimensions, `[n][0,10,8]`. */
function findRange(comment: string): string[] | undefined {
  const [first, second] = [...comment.matchAll(/\[([^\]]*)\]/g)].map(([, inside = '']) => inside.split(','));
  const range = first !== undefined && first.length > 1 ? first : second;
  return range !== undefined && range.length > 1 ? range.map((part) => part.trim()) : undefined;
}

const PI_NAMES: Readonly<Record<string, number>> = {
  pi: Math.PI,
  '2pi': 2 * Math.PI,
  '2*pi': 2 * Math.PI,
  twopi: 2 * Math.PI,
  'pi/2': Math.PI / 2,
  'pi/4': Math.PI / 4,
};

function boundary(text = ''): number | undefined {
  const negative = text.startsWith('-');
  const named = PI_NAMES[(negative ? text.slice(1) : text).toLowerCase()];
  if (named !== undefined) return negative ? -named : named;
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

const bits = new DataView(new ArrayBuffer(4));

/** Value of the packed number at `at`. */
export function unpackFloat(view: DataView, at: number, { range, mantissaBits }: PackedFloat): number {
  if (range !== undefined) return range.lo + view.getUint32(at) / range.factor;
  const exponent = view.getUint8(at);
  const mantissa = view.getUint16(at + 1);
  const sign = 2 ** (mantissaBits + 1);
  bits.setInt32(0, (exponent << 23) | ((mantissa & (sign - 1)) << (23 - mantissaBits)));
  const value = bits.getFloat32(0);
  return (mantissa & sign) === 0 ? value : -value;
}
