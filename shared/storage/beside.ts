/** Files that lie beside another: those that a tree names as its friends'. */
import { basename, dirname, isAbsolute, join } from 'node:path';
import { StorageError } from '../errors.ts';
import { isLocal, urlScheme } from './schemes.ts';
import type { ByteSource, CountedSource } from './source.ts';

/**
 * Where a file lies that a file at `location` names. Paths are relative to the folder of that file. What a file names is not
 * to be trusted: a remote one leads to its own folder and those below it only.
 * @throws StorageError for names that lead elsewhere
 */
export function locationBeside(location: string, name: string): string {
  if (name === basename(location)) return location;
  const refuse = (reason: string) => new StorageError(`'${name}' ${reason}`, { file: location, retryable: false });
  if (urlScheme(name) !== undefined) throw refuse('is a URL: only files beside this one are opened for it');
  if (isLocal(location)) {
    if (urlScheme(location) === undefined) return isAbsolute(name) ? name : join(dirname(location), name);
    return new URL(name, location).href;
  }
  const steps = name.split('/');
  if (steps.includes('..') || isAbsolute(name)) throw refuse('is not in the folder of this file, or one below it');
  const folder = location.replace(/[?#].*$/, '').replace(/[^/]*$/, '');
  return folder + steps.filter((step) => step !== '.').join('/');
}

/** The same source, which can open files beside it by `open`; they are closed with it. */
export function withBeside(source: CountedSource, location: string, open: (location: string) => Promise<ByteSource>): CountedSource {
  const opened = new Map<string, Promise<ByteSource>>();
  return {
    ...source,
    get version() {
      return source.version; // some learn it later
    },
    beside: async (name) => {
      const place = locationBeside(location, name);
      const known = opened.get(place) ?? open(place);
      opened.set(place, known);
      return known;
    },
    close: async () => {
      const others = await Promise.allSettled(opened.values());
      opened.clear();
      await Promise.all(
        [source, ...others.flatMap((other) => (other.status === 'fulfilled' ? [other.value] : []))].map((one) => one.close()),
      );
    },
  };
}
