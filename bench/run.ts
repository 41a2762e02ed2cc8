/**
 * `npm run bench`: ours and peers take turns on the same files, so that a busy machine hurts all alike; see README.md.
 * Prints a table, and stores it with what was measured where.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { processEnvironment } from '#shared/runtime/config.ts';
import { CASES, type CaseName, CODEC_CASES, CODECS, type CodecCaseName } from './cases.ts';
import {
  HIGGSFLOW,
  isPinned,
  type Job,
  type Measured,
  measure,
  measureShares,
  OWN_PEERS,
  type PeerPrograms,
  SINGLE_THREADED,
} from './measure.ts';
import { findLosses, formatTable, type Profile, type Report, type Result, type Row, summarise } from './report.ts';
import { writePage } from './report-page.ts';

const RESULTS = fileURLToPath(new URL('./results', import.meta.url));
const HELP = `npm run bench -- [--cases atlas-hzz,cms-dimuon,codec-zl,codec-l4,codec-zs,codec-xz] [--codecs zlib,lz4,zstd,lzma]
                 [--peers higgsflow-data,uproot,coffea,rdf,reader,jsroot,c-limit]
                 [--threads 1,2] [--turns 5] [--out FILE.json] [--compare FILE.json] [--report PAGE.md [--from FILE.json]]
Ours and the peers take turns on the same files; bench/README.md says what is needed and what the figures mean.
`;
const ALL_CASES = [...Object.keys(CASES), ...Object.keys(CODEC_CASES)];
const HOW = 'See bench/README.md for how to get it.';

interface Settings {
  readonly cases: readonly string[];
  readonly codecs: readonly string[];
  /** Undefined: those of each case. */
  readonly peers: readonly string[] | undefined;
  readonly threads: readonly number[];
  readonly turns: number;
  readonly out: string;
  readonly compare: string | undefined;
  /** The page to write, and the stored results to write it from instead of measuring. */
  readonly report: string | undefined;
  readonly from: string | undefined;
}

const settings = readSettings();
if (settings !== undefined) await start(settings);

async function start(chosen: Settings): Promise<void> {
  const { from, report: page } = chosen;
  if (from !== undefined && page !== undefined) {
    writePage(page, readReport(from));
    return;
  }
  const { BENCH_DATA: data, BENCH_PYTHON: python, BENCH_PEERS: script } = processEnvironment();
  if (data === undefined || !existsSync(data)) {
    fail(`BENCH_DATA names no folder with files to measure on. ${HOW}`);
    return;
  }
  const programs = python !== undefined && script !== undefined && existsSync(script) ? { python, script } : undefined;
  if (programs === undefined)
    say(`BENCH_PYTHON and BENCH_PEERS name no programs of others: only ours, jsroot and the C limit are measured. ${HOW}`);
  await benchmark(data, programs, chosen);
}

async function benchmark(folder: string, programs: PeerPrograms | undefined, chosen: Settings): Promise<void> {
  const { turns, out, compare, report: page } = chosen;
  const start = loadavg()[0] ?? 0;
  const results: Result[] = [];
  const groups = listJobs(folder, programs, chosen);
  // Once beforehand: of code that has changed, TypeScript is stripped then, and not in the first turn.
  const [first] = groups.flat();
  if (first !== undefined) await measure(first, programs);
  for (const jobs of groups) results.push(...(await takeTurns(jobs, programs, turns)));
  const profiles = page === undefined ? [] : await profilesOf(groups);
  const report: Report = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    versions: { node: process.versions.node, v8: process.versions.v8 },
    load: [start, loadavg()[0] ?? 0],
    results,
    ...(profiles.length > 0 && { profiles }),
  };
  console.log(formatTable(results));
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(out, `${JSON.stringify(report, null, 1)}\n`);
  say(`stored in ${out}`);
  if (page !== undefined) writePage(page, report);
  if (compare === undefined) return;
  const losses = findLosses(results, readReport(compare).results);
  for (const loss of losses) fail(loss);
  if (losses.length === 0) say(`no ratio fell by more than a tenth since ${compare}`);
}

function readReport(file: string): Report {
  return JSON.parse(readFileSync(file, 'utf8')) as Report;
}

/** Where our time goes in each case over a file. */
async function profilesOf(groups: readonly (readonly Job[])[]): Promise<Profile[]> {
  const profiles: Profile[] = [];
  for (const [job] of groups) {
    if (job === undefined || job.threads > 1 || !Object.hasOwn(CASES, job.name)) continue;
    const { name, file } = job;
    profiles.push({ name, codec: codecOf(file), shares: await measureShares(name, file) });
    say(`profile: ${name} ${file}`);
  }
  return profiles;
}

function codecOf(file: string): string {
  return /_(\w+)\.root$/.exec(file)?.[1] ?? '';
}

/** Jobs that take turns with each other, ours first. */
function listJobs(
  folder: string,
  programs: PeerPrograms | undefined,
  { cases, codecs, peers, threads }: Pick<Settings, 'cases' | 'codecs' | 'peers' | 'threads'>,
): Job[][] {
  const groups: Job[][] = [];
  for (const name of cases) {
    const { files, peers: all, codec: only } = settingsOf(name);
    const others = all.filter(
      (peer) => (programs !== undefined || OWN_PEERS.includes(peer)) && (peers === undefined || peers.includes(peer)),
    );
    for (const codec of only === undefined ? codecs : codecs.filter((codec) => codec === only)) {
      const file = join(folder, `${files}_${codec}.root`);
      if (!existsSync(file)) {
        say(`${file} is not there: left out`);
        continue;
      }
      for (const count of only === undefined ? threads : [1]) {
        const here = others.filter((peer) => (count === 1 || !SINGLE_THREADED.includes(peer)) && !(peer === 'jsroot' && codec === 'lzma'));
        groups.push([HIGGSFLOW, ...here].map((peer) => ({ name, peer, file, threads: count })));
      }
    }
  }
  return groups;
}

/** Files and peers of a case, and its codec where it is of one only. */
function settingsOf(name: string): { files: string; peers: readonly string[]; codec?: string } {
  if (!Object.hasOwn(CODEC_CASES, name)) return CASES[name as CaseName];
  const { blocksOf, codec, peers } = CODEC_CASES[name as CodecCaseName];
  return { files: CASES[blocksOf].files, codec, peers };
}

async function takeTurns(jobs: readonly Job[], programs: PeerPrograms | undefined, turns: number): Promise<Result[]> {
  const measured = jobs.map((): Measured[] => []);
  for (let turn = 0; turn < turns; turn++) {
    // Who goes first changes, so that nobody always finds the caches warm.
    for (let i = 0; i < jobs.length; i++) {
      const place = (i + turn) % jobs.length;
      const job = jobs[place] as Job;
      const result = await measure(job, programs);
      measured[place]?.push(result);
      say(`turn ${turn + 1}: ${job.name} ${job.peer} ${job.file} on ${job.threads}: ${result.cpu_s} s CPU`);
    }
  }
  const sums = new Set(measured.flat().map(({ sum }) => sum.toPrecision(9)));
  if (sums.size > 1) fail(`the histograms differ: ${jobs.map(({ peer }, i) => `${peer} ${measured[i]?.[0]?.sum}`).join(', ')}`);
  return jobs.map(({ name, peer, file, threads }, i) => {
    const row: Row = { name, codec: codecOf(file), threads, peer, turns: measured[i] ?? [] };
    return summarise(row, i === 0 ? undefined : measured[0]);
  });
}

function describeMachine(): Report['machine'] {
  return { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), memoryGb: Math.round(totalmem() / 2 ** 30), pinned: isPinned };
}

function readArguments() {
  return parseArgs({
    options: {
      cases: { type: 'string', default: ALL_CASES.join() },
      codecs: { type: 'string', default: CODECS.join() },
      peers: { type: 'string' },
      threads: { type: 'string', default: '1,2' },
      turns: { type: 'string', default: '5' },
      out: { type: 'string', default: join(RESULTS, 'latest.json') },
      compare: { type: 'string' },
      report: { type: 'string' },
      from: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function readSettings(): Settings | undefined {
  let values: ReturnType<typeof readArguments>;
  try {
    values = readArguments();
  } catch (error) {
    fail(`${error instanceof Error ? error.message : error}; \`npm run bench -- --help\` lists the options`);
    return undefined;
  }
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const cases = values.cases.split(',');
  const unknown = cases.filter((name) => !ALL_CASES.includes(name));
  const turns = Number(values.turns);
  const threads = values.threads.split(',').map(Number);
  if (unknown.length > 0) fail(`there is no case ${unknown.join()}; known are ${ALL_CASES.join(', ')}`);
  if (!(turns >= 1) || !threads.every((count) => count >= 1)) fail('--turns and --threads take whole numbers from 1 on');
  if (process.exitCode !== undefined) return undefined;
  return {
    cases,
    codecs: values.codecs.split(','),
    peers: values.peers?.split(','),
    threads,
    turns,
    out: values.out,
    compare: values.compare,
    report: values.report,
    from: values.from,
  };
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

function fail(text: string): void {
  say(text);
  process.exitCode = 1;
}
