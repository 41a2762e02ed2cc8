/** Finds analyses: the built-in ones by name, a user's own by the URL of its file. */
import { existsSync, statSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { didYouMean } from '../did-you-mean.ts';
import { ConfigError, isPipelineError } from '../errors.ts';
import { checkAnalysis } from './check-analysis.ts';
import { findSyntaxError } from './check-syntax.ts';
import type { Analysis } from './define-analysis.ts';
import { lineOfError } from './line-of-error.ts';
import { findOwnImports, hintForImport, withImports } from './own-imports.ts';
import { pathOf } from './users-files.ts';

/** Loaded when asked for, so that a run imports one analysis only. To add one, write its file and a line here. */
const BUILT_IN: Readonly<Record<string, () => Promise<{ readonly analysis: Analysis }>>> = {
  'atlas-hzz-2020': () => import('./atlas-hzz-2020.ts'),
  'atlas-hzz-2025': () => import('./atlas-hzz-2025.ts'),
  'cms-dimuon': () => import('./cms-dimuon.ts'),
  'cms-hzz-outreach': () => import('./cms-hzz-outreach.ts'),
  rehearsal: () => import('./rehearsal.ts'),
};

/** Asking for a module again takes longer than a small task. */
const loaded = new Map<string, Analysis>();

/** Names of the built-in analyses. */
export const ANALYSIS_NAMES: readonly string[] = Object.keys(BUILT_IN);

/**
 * A built-in analysis. Executes nothing but higgsflow's own code, so a name from a message may be given.
 * @throws ConfigError with near misses if there is none of this name
 */
export async function loadBuiltInAnalysis(name: string): Promise<Analysis> {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const load = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
  if (load !== undefined) {
    const { analysis } = await load();
    loaded.set(name, analysis);
    return analysis;
  }
  const hint = `${didYouMean(name, ANALYSIS_NAMES)} A file of your own is given by its path, like ./my-analysis.ts.`;
  throw new ConfigError(`there is no built-in analysis \`${name}\``, { hint });
}

/**
 * The analysis in a user's module: its export `analysis`, its default export, or the only export that looks like one.
 * Executes the file: give nothing that came over a network.
 * @throws ConfigError if the file cannot be imported, exports no analysis, or one that is not valid
 *
 * @example await loadAnalysisFile(pathToFileURL('./my-analysis.ts'))
 */
export async function loadAnalysisFile(url: URL | string): Promise<Analysis> {
  const location = String(url);
  if (!location.startsWith('file:')) throw new ConfigError('an analysis is loaded from a file: URL only', { file: location });
  const file = shownPath(location);
  findOwnImports();
  let exported: Record<string, unknown>;
  try {
    exported = (await import(/* @vite-ignore */ location)) as Record<string, unknown>;
  } catch (cause) {
    // A declaration that `defineAnalysis` refuses throws while the file is being imported.
    if (isPipelineError(cause)) throw cause.at({ file });
    throw noSuchFile(location, file, cause) ?? notLoaded(location, file, cause);
  }
  return checkAnalysis(chosenExport(exported, file), file);
}

/** As the user knows it: from the working directory, where the file is in it. */
function shownPath(location: string): string {
  const path = pathOf(location);
  const folder = pathOf(pathToFileURL(`${process.cwd()}/`).href);
  return path.startsWith(folder) ? `./${path.slice(folder.length)}` : path;
}

function noSuchFile(location: string, file: string, cause: unknown): ConfigError | undefined {
  const url = new URL(location);
  if (!existsSync(url)) return new ConfigError('no such file', { file, cause });
  if (statSync(url).isDirectory()) return new ConfigError('it is a folder, not the file of an analysis', { file, cause });
  if (/\.[cm]?[jt]s$/.test(file)) return undefined;
  const hint = 'Its name ends in .ts, .mts, .js or .mjs.';
  return new ConfigError('an analysis is written in TypeScript or JavaScript', { file, hint, cause });
}

function notLoaded(location: string, file: string, cause: unknown): ConfigError {
  const line = lineOfError(cause) ?? (cause instanceof SyntaxError ? findSyntaxError(withImports(location)) : undefined);
  const reason = `the analysis cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new ConfigError(reason, { file, line, hint: hintForImport(cause), cause });
}

/**
 * Which files a process may load as analyses: any, none, or those in one folder (a file: URL with a slash at its end), which
 * specs and messages name as `analyses:mine.ts`. Names that come over a network are never more than a file's name.
 */
export type AnalysisFiles = boolean | { readonly folder: string };

/** How a file in the folder of analyses is named in specs and messages. */
export const IN_FOLDER = 'analyses:';

/**
 * A built-in analysis by name, or a user's own: by its file: URL, or by its name in the folder of analyses.
 * @throws ConfigError if there is none of this name, or this process may not load it
 */
export async function loadAnalysis(location: string, files: AnalysisFiles = true): Promise<Analysis> {
  if (location.startsWith(IN_FOLDER)) return loadFromFolder(location.slice(IN_FOLDER.length), files);
  if (location.startsWith('file:') && files === true) return loadAnalysisFile(location);
  return loadBuiltInAnalysis(location);
}

function loadFromFolder(name: string, files: AnalysisFiles): Promise<Analysis> {
  if (typeof files !== 'object') throw new ConfigError(`\`${name}\`: this process has no folder of analyses`);
  if (!/^[\w-][\w.-]*\.[cm]?[jt]s$/.test(name)) throw new ConfigError(`\`${name}\` is not the name of a file in the folder of analyses`);
  return loadAnalysisFile(new URL(name, files.folder));
}

function chosenExport(exported: Record<string, unknown>, file: string): unknown {
  const named = exported['analysis'] ?? exported['default'];
  if (named !== undefined) return named;
  const candidates = Object.entries(exported).filter(([, value]) => typeof value === 'object' && value !== null && 'process' in value);
  if (candidates.length === 1) return candidates[0]?.[1];
  const names = Object.keys(exported);
  const found = names.length === 0 ? 'it exports nothing' : `it exports ${names.join(', ')}`;
  const hint = 'Write `export const analysis = defineAnalysis({ ... })`.';
  if (candidates.length > 1) throw new ConfigError('the file exports several analyses and none is called `analysis`', { file, hint });
  throw new ConfigError(`the file exports no analysis (${found})`, { file, hint });
}
