/** Branches of trees and fields of RNTuples: uproot judges first, ROOT where it is the better judge. */
import { isPipelineError } from '#shared/errors.ts';
import { type BranchDigest, digestBranch } from '#shared/root/digest.ts';
import { openRootFile } from '#shared/root/file.ts';
import { type Branch, openTree, type Tree } from '#shared/root/tree.ts';
import { openFileSource } from '#shared/storage/file.ts';
import { type FlatDigest, flatDigest } from './our-branch.ts';
import { type Compared, type Kind, kindOf, type Outcome } from './outcomes.ts';
import type { Python } from './python.ts';

/** A line of digests.py. */
interface Line {
  readonly file: string;
  readonly tree?: string;
  readonly branch?: string;
  readonly path?: string;
  readonly typename?: string;
  readonly digest?: Pick<BranchDigest, 'entries' | 'dtype' | 'count' | 'content' | 'offsets'>;
  readonly error?: string;
}

/** A branch for ROOT to judge: what it is if ROOT has the same, another, or nothing at all. */
interface Case {
  readonly file: string;
  readonly tree: string;
  readonly path: string;
  readonly compared: Compared;
  readonly ours: FlatDigest | undefined;
  readonly verdicts: Readonly<Record<'same' | 'other' | 'unread', Outcome>>;
}

/** A line of root_digests.py. */
interface Answer extends Partial<FlatDigest> {
  readonly file: string;
  readonly tree: string;
  readonly path: string;
  readonly error?: string;
}

interface Judges {
  readonly uproot: Python;
  readonly root: Python | undefined;
  /** Branches of each type that only we read, of which ROOT is asked. It takes seconds for one. */
  readonly ask: number;
  readonly progress: (file: string) => void;
}

/** Compares all branches of the files. */
export async function compareBranches(files: readonly string[], { uproot, root, ask, progress }: Judges): Promise<Compared[]> {
  const compared: Compared[] = [];
  const cases: Case[] = [];
  const asking = askOf(root === undefined ? 0 : ask);
  let lines: Line[] = [];
  const finish = async () => {
    if (lines[0] === undefined) return;
    progress(lines[0].file);
    for (const item of await compareFile(lines[0].file, lines, asking))
      ('verdicts' in item ? cases : compared).push(item as Case & Compared);
    lines = [];
  };
  for await (const said of uproot('digests.py', { args: files })) {
    const line = said as Line;
    if (line.file !== lines[0]?.file) await finish();
    lines.push(line);
  }
  await finish();
  return [...compared, ...(await judge(cases, root))];
}

/** Says whether ROOT is asked of a branch that only we read: of the first few of its type. */
type Asking = (kind: Kind) => boolean;

function askOf(most: number): Asking {
  const counts = new Map<string, number>();
  return (kind) => {
    const name = JSON.stringify(kind);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count <= most;
  };
}

async function compareFile(path: string, lines: readonly Line[], asking: Asking): Promise<(Compared | Case)[]> {
  const source = await openFileSource(path);
  try {
    const file = await openRootFile(source);
    const results: (Compared | Case)[] = [];
    for (const name of new Set(lines.map((line) => line.tree).filter((tree) => tree !== undefined))) {
      const tree = await openTree(file, name);
      const branches = new Map([...tree.all()].reverse().map((branch) => [branch.path, branch]));
      // ROOT reads the first of two branches of one name.
      const own = lines.filter((line) => line.tree === name);
      const first = new Map([...own].reverse().map((line) => [line.path, line]));
      for (const line of first.values()) results.push(await compareBranch(tree, branches.get(line.path ?? ''), line, asking));
    }
    return results;
  } catch (error) {
    return lines.map((line) => outcomeOfError(error, line, { place: placeOf(line), kind: UNKNOWN }));
  } finally {
    await source.close();
  }
}

const UNKNOWN = { stored: '(the file or tree is not read)', column: '' };

function placeOf({ file, tree, path }: Line): string {
  return [file, tree, path].filter((part) => part !== undefined).join(':');
}

async function compareBranch(tree: Tree, branch: Branch | undefined, line: Line, asking: Asking): Promise<Compared | Case> {
  const place = placeOf(line);
  if (branch === undefined) {
    // A leaf or member of a branch that is not read has no name here.
    const outcome = line.digest === undefined ? 'neither' : 'not read';
    return { outcome, place, kind: UNKNOWN, detail: outcome === 'neither' ? '' : 'we have no such branch' };
  }
  const kind = kindOf(branch, tree.rntuple !== undefined);
  const known = { file: line.file, tree: line.tree ?? '', path: branch.path };
  try {
    const { entries, dtype, count, content, offsets } = await digestBranch(tree, branch);
    const ours = { entries, dtype, count, content, offsets };
    if (line.digest !== undefined && JSON.stringify(ours) === JSON.stringify(line.digest))
      return { outcome: 'equal to uproot', place, kind, detail: '' };
    const detail = line.digest === undefined ? '' : `[${line.typename}] ${JSON.stringify([ours, line.digest])}`;
    const compared: Compared = { outcome: line.digest === undefined ? 'only here' : 'DIFFERENT', place, kind, detail };
    if (line.digest === undefined && !asking(kind)) return compared;
    const verdicts: Case['verdicts'] =
      line.digest === undefined
        ? { same: 'equal to ROOT, uproot reads none', other: 'DIFFERENT', unread: 'only here' }
        : { same: 'equal to ROOT, not to uproot', other: 'DIFFERENT', unread: 'DIFFERENT' };
    return { ...known, compared, ours: await flatDigest(tree, branch), verdicts };
  } catch (error) {
    const compared = outcomeOfError(error, line, { place, kind });
    if (compared.outcome !== 'ERROR') return compared;
    return { ...known, compared, ours: undefined, verdicts: { same: 'ERROR', other: 'ERROR', unread: 'damaged to ROOT as well' } };
  }
}

/** What an error of ours means, where uproot reads the branch and where it does not. */
function outcomeOfError(error: unknown, { digest, typename }: Line, known: Pick<Compared, 'place' | 'kind'>): Compared {
  if (!isPipelineError(error)) return { ...known, outcome: 'CRASH', detail: error instanceof Error ? (error.stack ?? '') : String(error) };
  if (digest === undefined) return { ...known, outcome: 'neither', detail: '' };
  return { ...known, outcome: error.code === 'UnsupportedError' ? 'not read' : 'ERROR', detail: `[${typename}] ${error.message}` };
}

/** Asks ROOT. Without it, what there is to judge stays as it is. */
async function judge(cases: readonly Case[], root: Python | undefined): Promise<Compared[]> {
  const key = ({ file, tree, path }: Pick<Case, 'file' | 'tree' | 'path'>) => JSON.stringify([file, tree, path]);
  const answers = new Map<string, Answer>();
  const input = cases.map(({ file, tree, path }) => JSON.stringify({ file, tree, path })).join('\n');
  if (root !== undefined && cases.length > 0) {
    for await (const answer of root('root_digests.py', { input })) answers.set(key(answer as Answer), answer as Answer);
  }
  return cases.map(({ compared, ours, verdicts, ...place }) => {
    const answer = answers.get(key(place));
    if (answer?.values === undefined) {
      const outcome = root === undefined ? compared.outcome : verdicts.unread;
      return { ...compared, outcome, detail: [compared.detail, answer?.error].filter(Boolean).join('; ROOT: ') };
    }
    const same = ours !== undefined && ours.values.sha256 === answer.values.sha256 && ours.lengths.sha256 === answer.lengths?.sha256;
    const detail = same ? '' : `${compared.detail} ROOT has ${JSON.stringify([answer.values, answer.lengths])}`;
    return { ...compared, outcome: same ? verdicts.same : verdicts.other, detail };
  });
}
