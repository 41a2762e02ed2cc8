/** The outcomes of a comparison: counted, listed, and as a table by type. */
import type { Branch } from '#shared/root/tree.ts';

/**
 * equal: as the judge has it. different: both read, and not the same. not read: the judge reads what raises UnsupportedError
 * here. error: the judge reads what is damaged to us. only here: nobody to compare with. neither: nobody reads it.
 * crash: an error of ours without a code.
 */
export const OUTCOMES = [
  'equal to uproot',
  'equal to ROOT, not to uproot',
  'equal to ROOT, uproot reads none',
  'DIFFERENT',
  'not read',
  'ERROR',
  'damaged to ROOT as well',
  'only here',
  'neither',
  'CRASH',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Outcomes that a comparison must not have. */
const FAILURES: ReadonlySet<Outcome> = new Set(['DIFFERENT', 'ERROR', 'CRASH']);

/** One branch, field or histogram that was compared. */
export interface Compared {
  readonly outcome: Outcome;
  /** File, tree and branch. */
  readonly place: string;
  readonly kind: Kind;
  readonly detail: string;
}

/** What is compared: its type in C++ with T for numbers, and as our column. */
export interface Kind {
  readonly stored: string;
  readonly column: string;
}

const NUMBER =
  /\b(?:u?int(?:8|16|32|64)_t|U?(?:Char|Short|Int|Long|Long64)_t|(?:Bool|Float|Double)_t|(?:unsigned )?(?:char|short|int|long long|long)|unsigned|bool|float|double)\b(?!\*)/g;

/** The kind of a branch. */
export function kindOf({ cppType, columnType }: Branch, rntuple: boolean): Kind {
  const stored = cppType
    .replace(/^length of .*/, 'length of a split collection')
    .replace(NUMBER, 'T')
    .replace(/\bstd::T\b/g, 'T')
    .replace(/\[\d+\]/g, '[n]');
  const column = (columnType ?? '').replace(/^[iuf]\d+|^bool/, 'T').replace(/\[\d+\]/g, '[n]');
  return { stored: rntuple ? `RNTuple: ${stored}` : stored, column };
}

/** True where another program and we both had something to say. */
export function isJudged({ outcome }: Compared): boolean {
  return outcome !== 'neither' && outcome !== 'only here';
}

/** True where nothing is wrong. */
export function isClean(compared: readonly Compared[]): boolean {
  return !compared.some(({ outcome }) => FAILURES.has(outcome));
}

/** The counts, one line an outcome, and how much of what the judges read is read here. */
export function summary(compared: readonly Compared[]): string {
  const counts = countBy(compared, ({ outcome }) => outcome);
  const of = (...outcomes: Outcome[]) => outcomes.reduce((sum, outcome) => sum + (counts.get(outcome) ?? 0), 0);
  const equal = of('equal to uproot', 'equal to ROOT, not to uproot');
  const judged = equal + of('DIFFERENT', 'not read', 'ERROR');
  const share = judged === 0 ? 0 : (100 * equal) / judged;
  const lines = OUTCOMES.filter((outcome) => counts.has(outcome)).map(
    (outcome) => `${String(counts.get(outcome)).padStart(8)}  ${outcome}`,
  );
  return `${lines.join('\n')}\n${share.toFixed(2).padStart(7)} %  of ${judged} that uproot reads are read here, to the same values\n`;
}

/** What there is to say of single branches: failures, and what is not read. */
export function details(compared: readonly Compared[]): string[] {
  return compared.filter(({ detail }) => detail !== '').map(({ outcome, place, detail }) => `${outcome}: ${place}: ${detail}`);
}

/** A table in Markdown: one row for each kind. */
export function markdownTable(compared: readonly Compared[]): string {
  const rows = [...groupBy(compared, ({ kind }) => `\`${kind.stored}\` | ${kind.column === '' ? '' : `\`${kind.column}\``}`)]
    .map(([kind, own]) => {
      const counts = countBy(own, ({ outcome }) => outcome);
      const of = (...outcomes: Outcome[]) => outcomes.reduce((sum, outcome) => sum + (counts.get(outcome) ?? 0), 0);
      const root = of('equal to ROOT, not to uproot', 'equal to ROOT, uproot reads none');
      return { kind, equal: of('equal to uproot'), root, unread: of('not read'), bad: of('DIFFERENT', 'ERROR', 'CRASH') };
    })
    .filter(({ equal, root, unread, bad }) => equal + root + unread + bad > 0)
    .sort((a, b) => b.equal + b.root - (a.equal + a.root) || a.kind.localeCompare(b.kind))
    .map(({ kind, equal, root, unread, bad }) => `| ${kind} | ${equal} | ${root} | ${unread} | ${bad} |`);
  return ['| stored as | column | as uproot | as ROOT | not read | wrong |', '| --- | --- | --: | --: | --: | --: |', ...rows, ''].join(
    '\n',
  );
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return groups;
}

function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  return new Map([...groupBy(items, key)].map(([name, own]) => [name, own.length]));
}
