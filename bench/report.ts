/** Medians and ratios of a benchmark, as a table and against an older one. */
import type { Measured } from './measure.ts';

/** All turns of one program on one file. */
export interface Row {
  readonly name: string;
  readonly codec: string;
  readonly threads: number;
  readonly peer: string;
  readonly turns: readonly Measured[];
}

/** One program on one file; ratios are its time over ours, turn by turn, and then the median: above 1 we are faster. */
export interface Result {
  readonly case: string;
  readonly codec: string;
  readonly threads: number;
  readonly peer: string;
  readonly turns: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly rssMb: number;
  readonly sum: number;
  readonly cpuRatio?: number;
  readonly wallRatio?: number;
}

/** What a run of the benchmark leaves behind. */
export interface Report {
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGb: number; readonly pinned: boolean };
  readonly versions: Readonly<Record<string, string>>;
  /** Load of the machine over one minute, at the start and at the end. */
  readonly load: readonly [number, number];
  readonly results: readonly Result[];
  /** Where our time goes, where that was asked for. */
  readonly profiles?: readonly Profile[];
}

/** Shares of our time in a case, by what it is spent on. */
export interface Profile {
  readonly name: string;
  readonly codec: string;
  readonly shares: Readonly<Record<string, number>>;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

/** Summary of a row; `ours` are our turns on the same file, in the same order. */
export function summarise(row: Row, ours: readonly Measured[] | undefined): Result {
  const { name, codec, threads, peer, turns } = row;
  const result = {
    case: name,
    codec,
    threads,
    peer,
    turns: turns.length,
    cpuSeconds: round(median(turns.map(({ cpu_s }) => cpu_s))),
    wallSeconds: round(median(turns.map(({ wall_s }) => wall_s))),
    rssMb: Math.max(...turns.map(({ rss_mb }) => rss_mb)),
    sum: turns[0]?.sum ?? Number.NaN,
  };
  if (ours === undefined) return result;
  const ratio = (of: (turn: Measured) => number) => round(median(turns.map((turn, i) => of(turn) / of(ours[i] ?? turn))));
  return { ...result, cpuRatio: ratio(({ cpu_s }) => cpu_s), wallRatio: ratio(({ wall_s }) => wall_s) };
}

/** The results as lines of a table. */
export function formatTable(results: readonly Result[]): string {
  const head = ['case', 'codec', 'threads', 'program', 'CPU s', 'wall s', 'RSS MB', 'CPU ratio', 'wall ratio'];
  const lines = results.map((r) => [
    r.case,
    r.codec,
    String(r.threads),
    r.peer,
    r.cpuSeconds.toFixed(2),
    r.wallSeconds.toFixed(2),
    String(r.rssMb),
    r.cpuRatio?.toFixed(2) ?? '',
    r.wallRatio?.toFixed(2) ?? '',
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]?.length ?? 0)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, i) => (i < 4 && i !== 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** How much a ratio may fall before it counts as a loss. */
const TOLERANCE = 0.1;

/** What became slower against a peer since an older report: a line for each CPU ratio that fell by more than a tenth. */
export function findLosses(now: readonly Result[], before: readonly Result[]): string[] {
  return now.flatMap((result) => {
    const old = before.find(
      (r) => r.case === result.case && r.codec === result.codec && r.threads === result.threads && r.peer === result.peer,
    );
    if (result.cpuRatio === undefined || old?.cpuRatio === undefined || result.cpuRatio >= old.cpuRatio * (1 - TOLERANCE)) return [];
    return [`${result.case} ${result.codec} ${result.threads} threads: ${result.peer} / ours was ${old.cpuRatio}, is ${result.cpuRatio}`];
  });
}
