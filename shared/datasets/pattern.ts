/** Patterns over the names of lists and datasets: `*SMHiggs*`, `datasets_s3/*DoubleMu*`, `{Zee,Zmumu}`. */
import { baseName } from './catalogue.ts';

/** Something that has names, and may have a path. */
export interface Named {
  /** Any of them may fit. */
  readonly names: readonly string[];
  readonly path?: string;
}

/**
 * True if a pattern fits one of the names, the last part of the path, or, where the pattern has folders, as many parts of the
 * path from its end. A word that a shell has already expanded is such a pattern too: it fits its own path.
 */
export function fitsPattern(pattern: string, { names, path }: Named): boolean {
  const wanted = pattern.replace(/^(\.\/)+/, '').replace(/\/+/g, '/');
  const expression = globExpression(wanted);
  if (names.some((name) => expression.test(name))) return true;
  if (path === undefined) return false;
  if (path === pattern || expression.test(baseName(path))) return true;
  const parts = wanted.replace(/^\//, '').split('/').length;
  return expression.test(path) || (parts > 1 && !wanted.startsWith('/') && expression.test(path.split('/').slice(-parts).join('/')));
}

/** True if the word is a pattern and not a plain name. */
export function isPattern(word: string): boolean {
  return /[*?[{]/.test(word);
}

/**
 * The patterns that fit nothing, and what each of the others chose. Every item is chosen at most once, in its own order.
 */
export function choose<T>(items: readonly T[], namedAs: (item: T) => Named, patterns: readonly string[]): { chosen: T[]; idle: string[] } {
  const chosen = new Set<T>();
  const idle = patterns.filter((pattern) => {
    const fitting = items.filter((item) => fitsPattern(pattern, namedAs(item)));
    for (const item of fitting) chosen.add(item);
    return fitting.length === 0;
  });
  return { chosen: items.filter((item) => chosen.has(item)), idle };
}

/** `*` and `?` stay within a name, `**` goes over folders, `[ab]`, `[!a]`, `{a,b}`. What does not close is meant literally. */
function globExpression(pattern: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] as string;
    const set = /^\[(!?)([^\]/]+)\]/.exec(pattern.slice(i));
    if (char === '*') {
      const stars = /^\*+/.exec(pattern.slice(i))?.[0].length ?? 1;
      const isFolders = stars > 1 && pattern[i + stars] === '/';
      source += isFolders ? '(?:.*/)?' : stars > 1 ? '.*' : '[^/]*';
      i += stars - (isFolders ? 0 : 1);
    } else if (char === '?') source += '[^/]';
    else if (set !== null) {
      source += `[${set[1] === '!' ? '^' : ''}${(set[2] as string).replace(/[\\^[]/g, '\\$&')}]`;
      i += set[0].length - 1;
    } else if (char === '{' && pattern.indexOf('}', i) > 0) {
      source += '(?:';
      depth++;
    } else if (char === '}' && depth > 0) {
      source += ')';
      depth--;
    } else if (char === ',' && depth > 0) source += '|';
    else source += char.replace(/[.+^$()|\\/{}[\]]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}${')'.repeat(depth)}$`);
  } catch {
    // A range that runs backwards, [z-a]: the word can only be meant as it stands.
    return new RegExp(`^${pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
  }
}
