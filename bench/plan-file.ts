import { describeFile } from '#services/producer/describe-file.ts';
import { type Chunk, planChunks } from '#services/producer/plan-chunks.ts';

/** About so many chunks of a file, of which these columns of a tree are read. */
export async function chunksOf(url: string, tree: string, columns: readonly string[], count: number): Promise<Chunk[]> {
  const description = await describeFile(url, { tree, columns });
  const chunkEntries = Math.ceil(description.entries / count);
  return planChunks(description, { fraction: 1, chunkEntries, chunkBytes: Number.POSITIVE_INFINITY });
}
