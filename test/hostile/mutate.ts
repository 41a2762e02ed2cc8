import type { Random } from '#shared/toy/random.ts';

/** How bytes are changed. */
export const MUTATIONS = ['cut', 'flip', 'count', 'swap', 'point', 'copy'] as const;
export type Mutation = (typeof MUTATIONS)[number];

/** What a length or count might be in a file that was made to do harm. */
const COUNTS = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x4000_0000, 0x3fff_ffff, 0x7fff_0000, 0x0100_0000, 0xffff, 0, 1];
const MAX_FLIPS = 5;
const MAX_COPY = 64;

/**
 * A damaged copy. cut: the end is missing. flip: some bytes are others. count: a number is enormous, negative or 0. swap: two
 * numbers stand in each other's place. point: a number is the position of a place in the file, such as that of the directory
 * that it stands in. copy: a piece stands where another was.
 * Places lie in `from`..length, half of them in the first 400 bytes there: headers are where lengths are.
 */
export function mutate(original: Uint8Array, kind: Mutation, from: number, random: Random): Uint8Array<ArrayBuffer> {
  const size = original.length;
  const place = (room: number) => {
    const span = Math.max(1, (random.chance(0.5) ? Math.min(400, size - from) : size - from) - room);
    return Math.min(from + random.integer(span), Math.max(0, size - room));
  };
  if (kind === 'cut') return Uint8Array.from(original.subarray(0, place(1)));
  const bytes = Uint8Array.from(original);
  const view = new DataView(bytes.buffer);
  switch (kind) {
    case 'flip':
      for (let i = 0; i <= random.integer(MAX_FLIPS); i++) {
        const at = place(1);
        bytes[at] = (bytes[at] ?? 0) ^ (1 + random.integer(255));
      }
      break;
    case 'count': {
      const value = COUNTS[random.integer(COUNTS.length)] ?? 0;
      if (random.chance(0.25)) view.setUint16(place(2), value & 0xffff);
      else view.setUint32(place(4), value);
      break;
    }
    case 'swap': {
      const [a, b] = [place(4), place(4)];
      const first = view.getUint32(a);
      view.setUint32(a, view.getUint32(b));
      view.setUint32(b, first);
      break;
    }
    case 'point':
      view.setUint32(place(4), random.chance(0.3) ? 100 : random.integer(size));
      break;
    case 'copy': {
      const length = 1 + random.integer(Math.min(MAX_COPY, size - 1));
      const source = random.integer(size - length);
      bytes.copyWithin(place(length), source, source + length);
      break;
    }
  }
  return bytes;
}
