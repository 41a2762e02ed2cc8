/**
 * Where the time of a case goes: `node bench/profile.ts CASE FILE [full|data] [TURNS]` runs it in this process, again and again, and
 * prints the shares of the samples that V8's profiler took, as one JSON line. The first turn, in which code is compiled, is left out.
 */
import { Session } from 'node:inspector/promises';
import { FileCache } from '#services/worker/file-cache.ts';
import { runTask } from '#services/worker/run-task.ts';
import { loadBuiltInAnalysis } from '#shared/analysis/registry.ts';
import { MESSAGE_VERSION, type Task } from '#shared/queue/messages.ts';
import { DEFAULT_BATCH_BYTES } from '#shared/root/batch-size.ts';
import { DEFAULT_RETRY } from '#shared/runtime/retry.ts';
import { CASES, type CaseName } from './cases.ts';

const [name = '', file = '', verify = 'full', turns = '5'] = process.argv.slice(2);
const settings = CASES[name as CaseName];

/** What a function works for, by its name and its file; the first that fits. */
const PARTS: readonly (readonly [string, RegExp])[] = [
  [
    'decompression',
    /^(inflate|huffman|lz4|xxhash|adler|copy|zstd[\w-]*|xz|lzma|crc)\/|codecs\/|compression\.ts|node:zlib|napi|lzma|^(writeSync|processChunkSync|_?decompress)/,
  ],
  ['lists and byte order', /^(lists|swap|same)\/|column-place\.ts|stored-basket\.ts|branch-reader\.ts|batch-decoder\.ts/],
  ['analysis and histograms', /shared\/(analysis|histogram)\//],
  ['reading bytes', /shared\/storage\/|node:fs|node:internal\/fs|^read |fetch-|FileHandle/],
  ['description of the file', /shared\/root\//],
  ['garbage collection', /^\(garbage collector\)/],
];

const analysis = await loadBuiltInAnalysis(settings.analysis);
const files = new FileCache(DEFAULT_RETRY);
const task = {
  ...{ v: MESSAGE_VERSION, run: 'profile', index: 0, dataset: name, isData: settings.isData, url: file, tree: analysis.tree, attempt: 1 },
  ...{ analysis: settings.analysis, parameters: settings.parameters },
} satisfies Task;

async function runOnce(): Promise<void> {
  const signal = new AbortController().signal;
  const options = {
    files,
    batchBytes: DEFAULT_BATCH_BYTES,
    verify: verify === 'data' ? 'data' : 'full',
    allowAnalysisFiles: false,
  } as const;
  await runTask(task, { ...options, signal, place: {} });
  await files.forget(file); // so that its description is read in each turn
}

await runOnce();
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.setSamplingInterval', { interval: 250 });
await session.post('Profiler.start');
for (let turn = 0; turn < Number(turns); turn++) await runOnce();
const { profile } = await session.post('Profiler.stop');
await files.close();

const partOf = new Map(
  profile.nodes.map(({ id, callFrame: { functionName, url } }) => {
    const text = `${functionName} ${url}`;
    const known = functionName === '(idle)' ? undefined : (PARTS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'the rest');
    return [id, known] as const;
  }),
);
const times = new Map<string, number>([...PARTS.map(([part]) => [part, 0] as const), ['the rest', 0]]);
for (const [i, id] of (profile.samples ?? []).entries()) {
  const part = partOf.get(id);
  if (part !== undefined) times.set(part, (times.get(part) ?? 0) + (profile.timeDeltas?.[i] ?? 0));
}
const total = [...times.values()].reduce((a, b) => a + b, 0);
const shares = Object.fromEntries([...times].map(([part, time]) => [part, Math.round((1000 * time) / total) / 1000]));
console.log(JSON.stringify({ case: name, verify, ms: Math.round(total / 1000 / Number(turns)), shares }));
