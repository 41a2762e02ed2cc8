import { RootFormatError, UnsupportedError } from '../../errors.ts';
import { Cursor } from '../cursor.ts';
import { readVersion } from '../object-buffer.ts';
import type { EnvelopeLink } from './envelope.ts';
import type { Xxh3 } from './xxh3.ts';

/** The object behind an RNTuple's key: where its header and footer are. */
export interface Anchor {
  /** "1.0.0.1" */
  readonly version: string;
  readonly header: EnvelopeLink;
  readonly footer: EnvelopeLink;
  /** Larger envelopes and pages are stored in several keys; 0 for no limit. */
  readonly maxKeyBytes: number;
}

/** The only class whose format is public and final; files of older betas have another. */
export const RNTUPLE_CLASS = 'ROOT::RNTuple';

/**
 * Reads an anchor; unlike everything else in an RNTuple it is big-endian.
 * @throws RootFormatError where its checksum differs; UnsupportedError for versions before 1.0
 */
export function parseAnchor(payload: Uint8Array, origin: number, xxh3: Xxh3): Anchor {
  const cursor = new Cursor(payload, origin);
  const { end } = readVersion(cursor);
  if (end === undefined) cursor.fail('an RNTuple without a byte count');
  const start = cursor.offset;
  const version = [cursor.u16(), cursor.u16(), cursor.u16(), cursor.u16()];
  if (version[0] === 0) throw new UnsupportedError(`RNTuple version ${version.join('.')}, from before its format was settled`);
  const link = () => ({ offset: cursor.u64(), bytes: cursor.u64(), length: cursor.u64() });
  const header = link();
  const footer = link();
  const maxKeyBytes = cursor.u64();
  // Later versions may append fields: the checksum is over all there are.
  const fields = payload.subarray(start, end);
  cursor.seek(end as number);
  const checksum = new DataView(payload.buffer, payload.byteOffset).getBigUint64(cursor.take(8));
  if (xxh3(fields) !== checksum) throw new RootFormatError('the checksum of the RNTuple differs', { offset: origin });
  return { version: version.join('.'), header, footer, maxKeyBytes };
}
