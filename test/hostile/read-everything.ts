import { isPipelineError } from '#shared/errors.ts';
import { digestBranch } from '#shared/root/digest.ts';
import { openRootFile } from '#shared/root/file.ts';
import { describeFile } from '#shared/root/inspect.ts';
import { isGraphClass, isHistogramClass, readGraph, readHistogram } from '#shared/root/read-histogram.ts';
import { isTreeClass, openTree } from '#shared/root/tree.ts';
import { bytesSource } from '../bytes-source.ts';

/** What came of reading all that a file holds. */
export interface Everything {
  /** Digest of each branch that was read, by tree and path. */
  readonly digests: Map<string, string>;
  /** Codes of the errors met. */
  readonly codes: Set<string>;
}

/** Reads every tree, branch, histogram and graph. @throws whatever is no error of ours */
export async function readEverything(bytes: Uint8Array): Promise<Everything> {
  const digests = new Map<string, string>();
  const codes = new Set<string>();
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!isPipelineError(error)) throw error;
      codes.add(error.code);
    }
  };
  await attempt(async () => {
    const file = await openRootFile(bytesSource(bytes));
    await attempt(() => describeFile(file));
    for (const entry of await file.keys()) {
      const { path, key } = entry;
      if (isHistogramClass(key.className)) await attempt(() => readHistogram(file, entry));
      else if (isGraphClass(key.className)) await attempt(() => readGraph(file, entry));
      else if (isTreeClass(key.className)) {
        await attempt(async () => {
          const tree = await openTree(file, `${path};${key.cycle}`);
          for (const branch of tree.all()) {
            if (branch.columnType === undefined && branch.children.length > 0) continue; // read by its parts
            await attempt(async () => digests.set(`${path}/${branch.path}`, (await digestBranch(tree, branch)).content.sha256));
          }
        });
      }
    }
  });
  return { digests, codes };
}
