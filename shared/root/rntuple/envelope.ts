import { RootFormatError, UnsupportedError } from '../../errors.ts';
import { decompress } from '../compression.ts';
import type { RootFile } from '../file.ts';
import { LittleCursor } from './little-cursor.ts';
import type { Xxh3 } from './xxh3.ts';

/** Where an envelope is, and how long it is decompressed. */
export interface EnvelopeLink {
  readonly offset: number;
  readonly bytes: number;
  readonly length: number;
}

export type EnvelopeType = 'header' | 'footer' | 'page list';

const TYPES: Readonly<Record<EnvelopeType, bigint>> = { header: 1n, footer: 2n, 'page list': 3n };

/** Type and length in front, checksum behind. */
const FRAME_BYTES = 16;

/** An envelope's contents, and its checksum, by which other envelopes name it. */
export interface Envelope {
  readonly cursor: LittleCursor;
  readonly checksum: bigint;
}

/** What reading parts of an RNTuple needs. */
export interface EnvelopeReader {
  readonly file: RootFile;
  readonly xxh3: Xxh3;
  readonly maxKeyBytes: number;
}

/** Reads an envelope. @throws RootFormatError where type, length or checksum differ; CodecError for damage */
export async function readEnvelope({ file, xxh3, maxKeyBytes }: EnvelopeReader, type: EnvelopeType, link: EnvelopeLink): Promise<Envelope> {
  const { offset, bytes, length } = link;
  if (maxKeyBytes > 0 && bytes > maxKeyBytes) throw new UnsupportedError(`its ${type} is stored in several keys`, { offset });
  const envelope = await decompress(await file.read(offset, bytes), length, offset);
  return openEnvelope(envelope, type, xxh3, offset);
}

function openEnvelope(envelope: Uint8Array, type: EnvelopeType, xxh3: Xxh3, offset: number): Envelope {
  const { length } = envelope;
  if (length < FRAME_BYTES) throw new RootFormatError(`a ${type} of ${length} bytes`, { offset });
  const view = new DataView(envelope.buffer, envelope.byteOffset, length);
  const checksum = view.getBigUint64(length - 8, true);
  if (xxh3(envelope.subarray(0, length - 8)) !== checksum) throw new RootFormatError(`the checksum of the ${type} differs`, { offset });
  const head = view.getBigUint64(0, true);
  if ((head & 0xffffn) !== TYPES[type]) throw new RootFormatError(`no ${type} but an envelope of type ${head & 0xffffn}`, { offset });
  if (head >> 16n !== BigInt(length)) throw new RootFormatError(`a ${type} of ${length} bytes says that it has ${head >> 16n}`, { offset });
  return { cursor: new LittleCursor(envelope, 8, length - 8), checksum };
}

/** Refuses an RNTuple that uses features which this reader cannot know. */
export function refuseFeatures(cursor: LittleCursor): void {
  for (let more = true; more; ) {
    const flags = cursor.bits64();
    more = flags >> 63n === 1n;
    if (BigInt.asUintN(63, flags) !== 0n) throw new UnsupportedError(`RNTuple feature flags 0x${flags.toString(16)}`);
  }
}

const LARGE_LOCATOR = 1;

/** Reads a locator: a byte range of the file. */
export function readLocator(cursor: LittleCursor): { offset: number; bytes: number } {
  const size = cursor.i32();
  if (size >= 0) return { bytes: size, offset: cursor.u64() };
  const type = (size >>> 24) & 0x7f;
  if (type !== LARGE_LOCATOR) throw new UnsupportedError(`a locator of type ${type}`);
  const bytes = cursor.u64();
  return { bytes, offset: cursor.u64() };
}
