/** The page's TypeScript as modules a browser loads: types stripped once at start, specifiers turned into paths; no bundler. */
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '#shared/errors.ts';

const PROJECT = new URL('../../', import.meta.url);
const SPECIFIER = /(\b(?:from|import)\s*\(?\s*)(['"])([^'"\n]+)\2/g;

/** URL path under which the module at `file` is served. */
function pathOf(file: URL): string {
  return `/assets/${relative(fileURLToPath(PROJECT), fileURLToPath(file))}`;
}

/**
 * `entry` and every module that it imports, by the path that serves it. Only what is reached is served.
 * @throws ConfigError if one of them imports a package or a built-in module: a browser has neither.
 */
export async function loadBrowserModules(entry: URL): Promise<Map<string, string>> {
  const modules = new Map<string, string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const path = pathOf(file);
    if (modules.has(path)) continue;
    const source = stripTypes(await readFile(file, 'utf8'));
    modules.set(
      path,
      source.replace(SPECIFIER, (_, keyword: string, quote: string, specifier: string) => {
        const target = resolveSpecifier(specifier, file);
        waiting.push(target);
        return `${keyword}${quote}${pathOf(target)}${quote}`;
      }),
    );
  }
  return modules;
}

function resolveSpecifier(specifier: string, from: URL): URL {
  if (specifier.startsWith('#shared/')) return new URL(`./${specifier.slice(1)}`, PROJECT);
  if (specifier.startsWith('.')) return new URL(specifier, from);
  throw new ConfigError(`a browser cannot import "${specifier}"`, { file: pathOf(from) });
}

/** The source without its types. Node warns that this function of its own may change: that one warning is kept back. */
export function stripTypes(source: string): string {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (!String(warning).includes('stripTypeScriptTypes')) Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } finally {
    process.emitWarning = emitWarning;
  }
}
