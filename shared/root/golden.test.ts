import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testData } from '../../test/test-data.ts';
import { openFileSource } from '../storage/file.ts';
import { type BranchDigest, digestBranch } from './digest.ts';
import { openRootFile } from './file.ts';
import { openTree } from './tree.ts';

interface Golden extends BranchDigest {
  readonly file: string;
  readonly tree: string;
  readonly branch: string;
  readonly typename?: string;
  readonly fields?: unknown;
}

function goldens(name: string): Golden[] {
  const path = join(testData ?? '', 'golden', name);
  if (testData === undefined || !existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, 'utf8')) as { branches: Golden[] }).branches;
}

/** Types that uproot reads and this reader does not. */
const NOT_READ = /string|char\*|TString|TLorentzVector|TVector|struct|vector<std::vector/;

const all = [...goldens('branches.json'), ...goldens('root_only.json')];
const read = all.filter(({ typename }) => typename === undefined || !NOT_READ.test(typename));

describe.skipIf(testData === undefined)('branches of real files', () => {
  it.each(read.map((golden) => [`${golden.file}:${golden.tree}/${golden.branch}`, golden] as const))(
    '%s has the digest of uproot and ROOT',
    async (_, golden) => {
      await using source = await openSource(golden.file);
      const tree = await openTree(await openRootFile(source.source), golden.tree);
      const digest = await digestBranch(tree, tree.branch(golden.branch));
      expect(digest).toMatchObject({ entries: golden.entries, dtype: golden.dtype, count: golden.count, content: golden.content });
      expect(digest.offsets).toEqual(
        golden.offsets.filter(({ crc32 }) => crc32 !== undefined).map(({ crc32, sha256, nbytes }) => ({ crc32, sha256, nbytes })),
      );
      if (Number.isFinite(golden.sum)) expect(Math.abs(digest.sum - golden.sum)).toBeLessThanOrEqual(1e-12 * Math.abs(golden.sum));
    },
  );

  it('are no fewer than the goldens of the types that are read', () => {
    expect(read.length).toBeGreaterThan(100);
  });
});

async function openSource(file: string): Promise<AsyncDisposable & { source: Awaited<ReturnType<typeof openFileSource>> }> {
  const source = await openFileSource(join(testData ?? '', file));
  return { source, [Symbol.asyncDispose]: () => source.close() };
}
