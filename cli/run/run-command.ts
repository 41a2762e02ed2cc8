/** `higgsflow run`: from options to results. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger } from '#services/collector/ledger.ts';
import { loadRunModel, toldBy } from '#services/collector/run-model.ts';
import { buildSpec, newRunId, sha256Of } from '#services/producer/build-spec.ts';
import { mannerOf } from '#services/producer/run-manner.ts';
import { writeResults } from '#services/web/write-results.ts';
import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import { type RunSpec, specDifferences } from '#shared/queue/run-spec.ts';
import { INTERRUPTED, listenForShutdown } from '#shared/runtime/shutdown.ts';
import { untilAborted } from '#shared/runtime/until-aborted.ts';
import { forgetLocalKeys, keepLocalKeys } from '../local-keys.ts';
import { type Execution, execute } from './execute.ts';
import { makeNewFolder, prepareOutFolder, removeLedger, resumeCommand } from './out-folder.ts';
import { writeOutputFiles } from './output-files.ts';
import type { RunOptions } from './run-options.ts';
import { showProgress } from './run-progress.ts';
import { assertPortFree, servePage } from './serve-page.ts';
import { exitCodeOf, summaryOf, unwrittenText } from './summary.ts';

/** Where results go, in a folder of the run. */
const OUT = 'out';
/** URLs do not say it. */
const HTTP_PORT = 80;

/** Runs it all; returns the exit code. @throws PipelineError where there can be no result */
export async function runCommand(asked: RunOptions): Promise<number> {
  const shutdown = listenForShutdown(process);
  const options = await keepAddresses(asked);
  try {
    const { spec, folder, ledger, isNew } = await openRun(options);
    let hasBegun = !isNew;
    try {
      const onBegin = () => {
        hasBegun = true;
      };
      return await runAndReport(options, { spec, folder, ledger, signal: shutdown.signal, onBegin });
    } catch (error) {
      if (!shutdown.signal.aborted) throw error;
      say(hasBegun ? `\nStopped; what is done is kept. Go on with: ${resumeCommand(folder)}` : '\nStopped.');
      return INTERRUPTED;
    } finally {
      ledger.close();
      // It would be in the way of the next one.
      if (!hasBegun) await removeLedger(folder);
    }
  } finally {
    if (options.more?.secret !== undefined) await forgetLocalKeys(options.more.secret);
    shutdown.close();
  }
}

/** What is secret in addresses is in a file of its own as long as the run goes on here: it is in no ledger. */
async function keepAddresses(options: RunOptions): Promise<RunOptions> {
  const { addresses = {}, more } = options;
  if (Object.keys(addresses).length === 0) return options;
  const secret = `run-${process.pid}-${Date.now().toString(36)}`;
  await keepLocalKeys({ secret }, { variables: {}, addresses });
  return { ...options, more: { ...more, secret } };
}

interface OpenedRun {
  readonly spec: RunSpec;
  readonly folder: string;
  readonly ledger: Ledger;
  /** The ledger has nothing of it yet. */
  readonly isNew: boolean;
}

async function openRun(options: RunOptions): Promise<OpenedRun> {
  const { resume, out } = options;
  if (!resume && options.analysis === undefined) {
    const hint = 'For example --analysis atlas-hzz-2020 --data samples/atlas-2020; `higgsflow run --help` lists what there is.';
    throw new ConfigError('--analysis is missing: which one shall run?', { hint });
  }
  if (resume && out === undefined) throw new ConfigError('--resume needs the folder of the run', { hint: 'Add --out FOLDER.' });
  if (resume) assertResumable(options);
  const isThere = resume && out !== undefined && existsSync(join(out, 'ledger.sqlite'));
  if (resume && !isThere && options.analysis === undefined) throw new ConfigError('no run is in this folder', { file: out });
  // Scripts say --resume in any case: to go on, or to begin.
  if (resume && !isThere) say(`No run is in ${out}: a new one begins.`);
  const built =
    options.analysis === undefined
      ? undefined
      : await buildSpec(requestOf(options), { runId: (analysis) => newRunId(analysis, new Date()) });
  // What is wrong with it is told before anything is replaced.
  if (built !== undefined) await loadRunModel(built, true);
  if (options.force && options.portIsFixed && options.port !== undefined) await assertPortFree(options.port);
  const asked = out === undefined && built !== undefined ? await inNewFolder(built, options) : built;
  const folder = out ?? join(OUT, (asked as RunSpec).run);
  const ledger = new Ledger(await prepareOutFolder(folder, options));
  try {
    const [known] = ledger.runs();
    const spec = known === undefined ? asked : await resumedSpec(ledger.spec(known) as RunSpec, asked, options);
    if (spec === undefined)
      throw new ConfigError('the run in this folder ended before it began', { file: folder, hint: 'Start it again with --force.' });
    return { spec, folder, ledger, isNew: known === undefined };
  } catch (error) {
    ledger.close();
    throw error;
  }
}

/** The run under a name that no folder has yet: two that begin in the same second are two runs. Who names a run keeps the name. */
async function inNewFolder(spec: RunSpec, { more = {} }: RunOptions): Promise<RunSpec> {
  if (more.run !== undefined) return spec;
  const run = await makeNewFolder(OUT, spec.run);
  return { ...spec, run, ...mannerOf(more, run) };
}

/** @throws ConfigError for what cannot be done with a run that is there, or could not be compared with it */
function assertResumable(options: RunOptions): void {
  if (options.force) throw new ConfigError('--resume goes on with a run, --force replaces it', { hint: 'Give one of them.' });
  if (options.analysis !== undefined) return;
  const { data, catalogue, set, fraction, chunkEntries, datasets, datasetPattern } = options;
  const lists = { data, set: Object.keys(set), 'dataset-pattern': datasetPattern ?? [] };
  const single = { catalogue, fraction, 'chunk-entries': chunkEntries, datasets };
  const given = [
    ...Object.entries(lists).flatMap(([name, values]) => (values.length > 0 ? [`--${name}`] : [])),
    ...Object.entries(single).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`])),
  ];
  if (given.length === 0) return;
  throw new ConfigError(`--resume goes on with the run as it is, without ${given.join(', ')}`, {
    hint: 'With --analysis and all else that the run was started with, it is checked that nothing is different.',
  });
}

function requestOf(options: RunOptions): Partial<RunRequest> {
  const { analysis, data, catalogue, set, fraction, chunkEntries, datasets: listFolder, datasetPattern } = options;
  const which = { data: [...data], catalogue, listFolder, datasetPattern: datasetPattern && [...datasetPattern] };
  return { ...options.more, ...(analysis === undefined ? {} : { analysis }), ...which, set: { ...set }, fraction, chunkEntries };
}

/** The spec of the run that is there; what is asked for beside --resume must be the same. */
async function resumedSpec(
  before: RunSpec,
  asked: RunSpec | undefined,
  { fraction, chunkEntries, more = {} }: RunOptions,
): Promise<RunSpec> {
  const known = { ...before, ...mannerOf(more, before.run) };
  if (known.secret !== undefined && more.secret === undefined) {
    throw new ConfigError('the run reads addresses with signatures or passwords, which are not kept', {
      hint: 'Give them again: --resume --out FOLDER --analysis NAME --data ADDRESS ...',
    });
  }
  await assertSameAnalysis(known);
  if (asked === undefined) return known;
  const same = { ...asked, fraction: fraction ?? known.fraction, chunkEntries: chunkEntries ?? known.chunkEntries };
  const different = specDifferences(known, same);
  if (different.length === 0) return known;
  throw new ConfigError(`the run in this folder has other values of ${different.join(', ')}`, {
    hint: 'Go on with it as it is: --resume and --out alone. Start a new one: another --out.',
  });
}

/** Half of a run by one analysis, and half by another, would be a result of neither. @throws ConfigError if a file of it has changed */
async function assertSameAnalysis({ analysis, analysisSha256 }: RunSpec): Promise<void> {
  if (analysisSha256 === undefined || (await sha256Of(analysis)) === analysisSha256) return;
  throw new ConfigError('the analysis, or a file that it imports, has changed since the run began', {
    file: analysis,
    hint: 'Put it back as it was to go on; start anew with --force or another --out.',
  });
}

interface StartedRun extends Omit<OpenedRun, 'isNew'> {
  readonly signal: AbortSignal;
  /** Called when nothing stands in its way any more. */
  readonly onBegin: () => void;
}

async function runAndReport(options: RunOptions, { spec, folder, ledger, signal, onBegin }: StartedRun): Promise<number> {
  const { threads, batchMb, verify, port } = options;
  for (const note of toldBy(await loadRunModel(spec, true)).notes ?? []) say(`Note: ${note}.`);
  await using execution = await execute({ spec, ledger, threads, batchBytes: batchMb * 1e6, verify, signal });
  await using _page = port === undefined ? undefined : await openPage(execution, { ...options, port }, folder);
  onBegin();
  const watch = new AbortController();
  const progress = showProgress(execution.feed.changes(spec.run, AbortSignal.any([signal, watch.signal])), process.stderr);
  execution.result.catch(() => watch.abort());
  await progress;
  const done = await execution.result;
  const report = await writeResults(folder, done.snapshot, done.details, { upload: true, signal });
  if (report.output !== undefined) await execution.tellOutput(report.output);
  await writeOutputFiles(done.snapshot, options);
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : summaryOf(report, folder));
  process.stderr.write(unwrittenText(report));
  if (report.output?.error !== undefined) say(`Not uploaded to ${report.output.folder}: ${report.output.error}`);
  if (options.stay && port !== undefined) {
    say('The page stays open until Ctrl-C.');
    await untilAborted(signal);
  }
  return exitCodeOf(report);
}

async function openPage(
  { feed }: Execution,
  { port, portIsFixed }: RunOptions & { port: number },
  folder: string,
): Promise<AsyncDisposable> {
  const page = await servePage({ feed, folder, port, portIsFixed });
  say(`Watch it at ${page.url}${Number(new URL(page.url).port || HTTP_PORT) === port ? '' : ` (port ${port} is taken)`}`);
  return { [Symbol.asyncDispose]: () => page.close() };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
