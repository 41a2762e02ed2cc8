import { columnsToRead } from '#shared/analysis/partial.ts';
import { type AnalysisFiles, loadAnalysis } from '#shared/analysis/registry.ts';
import { isPipelineError } from '#shared/errors.ts';
import { type RunSpec, readingOf } from '#shared/queue/run-spec.ts';
import { openRootFile } from '#shared/root/file.ts';
import { clusterStarts } from '#shared/root/plan.ts';
import { type Branch, openTree, type Tree } from '#shared/root/tree.ts';
import { type OpenOptions, openSource } from '#shared/storage/open.ts';
import { runSettings } from '#shared/storage/run-settings.ts';
import { isToyFile } from '#shared/toy/toy-mark.ts';
import type { FileDescription } from './plan-chunks.ts';
import type { Describe } from './plan-run.ts';

/** The worker tries patiently; planning only wants to know. */
const PLANNING_RETRY = { attempts: 2, baseMs: 200, maxMs: 200 } as const;

/** Reads a file's header and its tree's description. @throws PipelineError as `openSource`, `openTree` and `Tree.branch` do */
export async function describeFile(
  url: string,
  { tree: treeName, columns, ...options }: OpenOptions & { readonly tree: string; readonly columns: readonly string[] },
): Promise<FileDescription> {
  const source = await openSource(url, { retry: PLANNING_RETRY, ...options });
  try {
    const file = await openRootFile(source);
    const tree = await openTree(file, treeName);
    const toy = isToyFile(await file.keys());
    const branches = withCounters(tree, columns);
    const columnBytes = branches.reduce((sum, branch) => sum + branch.compressedBytes, 0);
    return { entries: tree.entries, bytes: source.size, toy, columnBytes, clusters: clusterStarts(branches, tree.entries) };
  } finally {
    await source.close();
  }
}

/** The branches to be read: those asked for, and those that hold the lengths of their lists. */
function withCounters(tree: Tree, columns: readonly string[]): Branch[] {
  const branches = new Set(columns.map((column) => tree.branch(column)));
  for (const { counter } of [...branches]) if (counter !== undefined) branches.add(tree.branch(counter));
  return [...branches];
}

/** How the files of a run are described: with the columns that its analysis reads of them. */
export async function describerOf(spec: RunSpec, files: AnalysisFiles = true): Promise<Describe> {
  const { analysis: location, tree } = spec;
  const analysis = await loadAnalysis(location, files);
  return async ({ url, isData, pool, facts }, signal) => {
    const columns = Object.keys(columnsToRead(analysis, isData));
    try {
      const { settings, locationOf } = runSettings(readingOf(spec, pool));
      const replicas = facts?.replicas?.map(locationOf);
      return await describeFile(locationOf(url), { tree, columns, settings, signal, replicas });
    } catch (error) {
      signal.throwIfAborted();
      // The worker will meet the same, and report it with the file.
      if (isPipelineError(error)) return undefined;
      throw error;
    }
  };
}
