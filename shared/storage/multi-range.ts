import { parseContentRange } from './http-version.ts';

/** One part of an answer to a request for several ranges. */
export interface RangePart {
  readonly first: number;
  readonly last: number;
  readonly total: number;
  readonly bytes: Uint8Array;
}

/** The boundary of `multipart/byteranges; boundary=...`; undefined for any other kind of body. */
export function multipartBoundary(contentType: string | null): string | undefined {
  const match = /^multipart\/(?:x-)?byteranges\s*;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? '');
  return match?.[1] ?? match?.[2];
}

/** The parts of such a body (RFC 9110, 14.6); undefined where it is not one. Views into `body`. */
export function parseByteRanges(body: Uint8Array, boundary: string): RangePart[] | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: RangePart[] = [];
  let at = bytes.indexOf(`--${boundary}`);
  if (at < 0) return undefined;
  for (;;) {
    at += boundary.length + 2;
    if (bytes.toString('latin1', at, at + 2) === '--') return parts;
    const end = bytes.indexOf('\r\n\r\n', at);
    if (end < 0) return undefined;
    const header = /^content-range:\s*(.+?)\s*$/im.exec(bytes.toString('latin1', at, end))?.[1];
    const range = parseContentRange(header ?? null);
    if (range === undefined) return undefined;
    const from = end + 4;
    const to = from + range.last - range.first + 1;
    if (bytes.toString('latin1', to, to + boundary.length + 4) !== `\r\n--${boundary}`) return undefined;
    parts.push({ ...range, bytes: body.subarray(from, to) });
    at = to + 2;
  }
}
