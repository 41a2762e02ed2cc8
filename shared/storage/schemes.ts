/** The scheme of a location that is a URL; undefined for a path. */
export function urlScheme(location: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
}

/** True for what lies on this machine. */
export function isLocal(location: string): boolean {
  return (urlScheme(location) ?? 'file') === 'file';
}
