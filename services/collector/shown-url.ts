/** An input as pages and reports show it: a URL without user, password and query, where signatures are; a path as it is. */
export function shownUrl(location: string): string {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(location) ? URL.parse(location) : null;
  if (url === null || (url.username === '' && url.password === '' && url.search === '')) return location;
  return `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?...'}`;
}
