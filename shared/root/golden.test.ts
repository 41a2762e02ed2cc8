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
  /** Of an object: each member with a digest of its own, or with fields again. */
  readonly fields?: Readonly<Record<string, Golden>>;
}

function goldens(name: string): Golden[] {
  const path = join(testData ?? '', 'golden', name);
  if (testData === undefined || !existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, 'utf8')) as { branches: Golden[] }).branches;
}

/** The members of objects are columns of their own, by their names behind that of the branch. */
function withMembers(golden: Golden): Golden[] {
  if (golden.fields === undefined) return [golden];
  return Object.entries(golden.fields).flatMap(([name, member]) =>
    withMembers({ ...member, file: golden.file, tree: golden.tree, branch: `${golden.branch}.${name}`, entries: golden.entries }),
  );
}

const all = [...goldens('branches.json'), ...goldens('root_only.json')].flatMap(withMembers);

describe.skipIf(testData === undefined)('branches of real files', () => {
  it.each(all.map((golden) => [`${golden.file}:${golden.tree}/${golden.branch}`, golden] as const))(
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

  it('are all goldens, members of objects included', () => {
    expect(all.length).toBeGreaterThan(140);
  });
});

async function openSource(file: string): Promise<AsyncDisposable & { source: Awaited<ReturnType<typeof openFileSource>> }> {
  const source = await openFileSource(join(testData ?? '', file));
  return { source, [Symbol.asyncDispose]: () => source.close() };
}
