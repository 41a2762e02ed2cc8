/** Name of the key that every generated file has, and the histograms of a run over such files: whatever shows its contents says "toy". Its title is JSON. */
export const TOY_MARK = 'higgsflow_toy';

/** Title of generated trees. */
export const TOY_TITLE = 'toy sample by higgsflow: generated, not data';

/** True if a file with these keys was generated, or made of such files. */
export function isToyFile(keys: Iterable<{ readonly path: string }>): boolean {
  for (const { path } of keys) if (path === TOY_MARK) return true;
  return false;
}
