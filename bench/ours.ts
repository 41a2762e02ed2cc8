/**
 * One benchmark case by the worker's own compute threads: `node bench/ours.ts CASE FILE [threads] [full|data]` prints one JSON line,
 * as the peers do. Timing starts when the threads have loaded their code; reading the file's description is part of it.
 */
import { basename } from 'node:path';
import { ComputePool } from '#services/worker/compute-pool.ts';
import { resolveParameters } from '#shared/analysis/parameters.ts';
import { columnsToRead, describeHistograms } from '#shared/analysis/partial.ts';
import { loadBuiltInAnalysis } from '#shared/analysis/registry.ts';
import { addEncoded } from '#shared/histogram/codec.ts';
import { integral } from '#shared/histogram/contents.ts';
import { Histogram } from '#shared/histogram/histogram.ts';
import { MESSAGE_VERSION, type Task } from '#shared/queue/messages.ts';
import { DEFAULT_BATCH_BYTES } from '#shared/root/batch-size.ts';
import { DEFAULT_RETRY } from '#shared/runtime/retry.ts';
import { CASES, type CaseName } from './cases.ts';

const [name = '', file = '', threadText = '1', verify = 'full'] = process.argv.slice(2);
const settings = CASES[name as CaseName];
const threads = Number(threadText);
/** Chunks a thread, so that the threads end at about the same time. */
const CHUNKS_A_THREAD = 4;
/** What plans chunks; its code is no part of the memory of one thread. */
const planning = threads === 1 ? undefined : await import('./plan-file.ts');

const analysis = await loadBuiltInAnalysis(settings.analysis);
const parameters = resolveParameters(analysis, settings.parameters);
const pool = new ComputePool({
  threads,
  memoryMb: 512,
  batchBytes: DEFAULT_BATCH_BYTES,
  verify: verify === 'data' ? 'data' : 'full',
  allowAnalysisFiles: false,
  readRetry: DEFAULT_RETRY,
});
await Promise.all(Array.from({ length: threads }, () => pool.run(makeTask('no such file'))));

const wall = performance.now();
const cpu = process.cpuUsage();
// For one thread a file is one task, of which nothing needs to be known; for several its chunks are planned as a run does it.
const chunks = await planning?.chunksOf(
  file,
  analysis.tree,
  Object.keys(columnsToRead(analysis, settings.isData)),
  CHUNKS_A_THREAD * threads,
);
const tasks = chunks?.map(({ from, to }) => ({ ...makeTask(file), index: from, from, to })) ?? [makeTask(file)];
const answers = await Promise.all(tasks.map((task) => pool.run(task)));
const [described] = describeHistograms(analysis, parameters);
if (described === undefined) throw new Error('the analysis has no histogram');
const merged = new Histogram(described.axes);
let events = 0;
for (const answer of answers) {
  if (answer.kind !== 'partial') throw new Error(JSON.stringify(answer));
  events += answer.partial.to - answer.partial.from;
  addEncoded(merged, answer.partial.histograms[described.name] ?? new Uint8Array(0));
}
const used = process.cpuUsage(cpu);
const seconds = (ms: number) => Math.round(ms) / 1000;
console.log(
  JSON.stringify({
    case: name,
    peer: verify === 'data' ? 'higgsflow-data' : 'higgsflow',
    file: basename(file),
    threads,
    events,
    wall_s: seconds(performance.now() - wall),
    cpu_s: seconds((used.user + used.system) / 1000),
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    sum: Math.round(integral(merged.contents(), { flow: true }).value * 1000) / 1000,
  }),
);
await pool.close();

function makeTask(url: string): Task {
  return {
    v: MESSAGE_VERSION,
    run: 'bench',
    index: 0,
    dataset: name,
    isData: settings.isData,
    url,
    tree: analysis.tree,
    analysis: settings.analysis,
    parameters: settings.parameters,
    attempt: 1,
  };
}
