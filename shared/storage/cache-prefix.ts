import { isLocal } from './schemes.ts';

/**
 * A remote location as a cache is asked for it. In `prefix`, `{url}` stands for the whole location, `{encoded}` for the same
 * in a query, and `{path}` for what follows the server's name; where none of them is in it, the whole location follows, as
 * forwarding XCaches want it: `root://cache:1094//` makes `root://cache:1094//root://origin//path`. Local files stay.
 */
export function throughCache(prefix: string, location: string): string {
  if (isLocal(location)) return location;
  const path = location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\/*/i, '');
  if (!/\{(url|encoded|path)\}/.test(prefix)) return `${prefix.endsWith('/') ? prefix : `${prefix}/`}${location}`;
  return prefix.replace(/\{(url|encoded|path)\}/g, (_all, word: string) => {
    if (word === 'path') return path;
    return word === 'url' ? location : encodeURIComponent(location);
  });
}
