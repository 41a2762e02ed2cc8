import { changedError } from './read-errors.ts';

/** What tells one version of a remote file from another. Fields that the server does not give are undefined. */
export interface FileVersion {
  readonly size: number;
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

/** The fields of `Content-Range: bytes first-last/total`; `undefined` where the header is missing or says something else. */
export function parseContentRange(header: string | null): { first: number; last: number; total: number } | undefined {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header ?? '');
  if (match === null) return undefined;
  const [first = -1, last = -1, total = -1] = match.slice(1).map(Number);
  return Number.isSafeInteger(total) && first <= last && last < total ? { first, last, total } : undefined;
}

/** The length that a response states, if it is one. */
export function contentLength(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  const length = text !== null && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(length) ? length : undefined;
}

/** The version that a response describes, `size` being known. */
export function versionOf(headers: Headers, size: number): FileVersion {
  return { size, etag: headers.get('etag') ?? undefined, lastModified: headers.get('last-modified') ?? undefined };
}

/** The condition that makes a server refuse (412) to serve another version. A weak ETag cannot be asked for. */
export function versionCondition({ etag }: FileVersion): Record<string, string> {
  return etag?.startsWith('"') ? { 'if-match': etag } : {};
}

/**
 * Compares what both responses state.
 * @throws StorageError, not retryable, where the file is another one than when it was opened.
 */
export function refuseOtherVersion(name: string, opened: FileVersion, now: FileVersion): void {
  if (now.size !== opened.size) throw changedError(name, `had ${opened.size} bytes when opened, now ${now.size}`);
  if (opened.etag !== undefined && now.etag !== undefined) {
    if (now.etag !== opened.etag) throw changedError(name, 'its ETag is another one');
  } else if (opened.lastModified !== undefined && now.lastModified !== undefined && now.lastModified !== opened.lastModified) {
    throw changedError(name, `was last modified on ${opened.lastModified}, now on ${now.lastModified}`);
  }
}

/** A URL as names, errors and reports show it: without user, password, query (where signatures are) and fragment. */
export function displayName(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?...'}`;
}
