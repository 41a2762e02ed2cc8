import { statDavFile } from './dav.ts';
import { type HttpOptions, openHttpSource } from './http.ts';
import { httpTokens, withoutDav } from './http-token.ts';
import { type FileVersion, refuseOtherVersion } from './http-version.ts';
import type { TokenSettings } from './settings.ts';
import type { CountedSource } from './source.ts';

/**
 * A file on a WebDAV or XrdHttp server, `davs://host/path`. Where its answers tell no version, as XrdHttp's do not, each read
 * goes together with a question about the file's size and time.
 * @throws StorageError as `openHttpSource`
 */
export async function openDavSource(
  location: string,
  options: Omit<HttpOptions, 'tokens' | 'known'> & { token: TokenSettings },
): Promise<CountedSource> {
  const { token, timeoutMs, authorities, signal } = options;
  const known = await statDavFile(location, { token, timeoutMs, authorities, signal });
  const source = await openHttpSource(withoutDav(location), { ...options, tokens: httpTokens(location, token), known });
  source.counters.requests += known === undefined ? 0 : 1;
  if (known === undefined || known.etag !== undefined) return source;
  return withVersionCheck(source, known, (either) => {
    source.counters.requests++;
    return statDavFile(location, { token, timeoutMs, authorities, signal: either });
  });
}

function withVersionCheck(
  source: CountedSource,
  opened: FileVersion,
  look: (signal: AbortSignal | undefined) => Promise<FileVersion | undefined>,
): CountedSource {
  const check = async (signal: AbortSignal | undefined) => {
    const now = await look(signal);
    if (now !== undefined) refuseOtherVersion(source.name, opened, now);
  };
  /** A read that fails because the file has changed is to say so. */
  const both = async <T>(reading: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    const [checked, result] = await Promise.allSettled([check(signal), reading]);
    signal?.throwIfAborted();
    if (checked.status === 'rejected') throw checked.reason;
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  };
  return {
    ...source,
    read: (offset, length, signal, memory) => {
      const reading = source.read(offset, length, signal, memory);
      return length > 0 && !signal?.aborted ? both(reading, signal) : reading;
    },
    readMany: (ranges, signal, memory) => {
      const reading = source.readMany(ranges, signal, memory);
      return ranges.length > 0 && !signal?.aborted ? both(reading, signal) : reading;
    },
  };
}
