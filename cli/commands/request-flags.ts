/** From the flags of `run` and `submit` to a run request, and the keys that are kept apart from it. */
import { basename } from 'node:path';
import { newRunId } from '#services/producer/build-spec.ts';
import { checkRun } from '#services/producer/run-file.ts';
import { outputFolder } from '#services/producer/run-manner.ts';
import { ConfigError } from '#shared/errors.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import type { RunSpec } from '#shared/queue/run-spec.ts';
import { overrideEnvironment } from '#shared/runtime/config.ts';
import { type Credentials, isEmpty } from '#shared/runtime/credentials.ts';
import { runChanges } from '#shared/storage/run-settings.ts';
import { readConfig, readRequestFile } from '../read-config.ts';
import type { RunOptions } from '../run/run-options.ts';
import { gatherStorage, type StorageWords } from '../run-storage.ts';
import { type DatasetFlags, datasetRequest } from './dataset-options.ts';
import { formerNotes } from './storage-options.ts';

/** What decides about the run itself. */
export interface RequestFlags extends DatasetFlags, StorageWords {
  readonly config?: string;
  readonly spec?: string;
  readonly analysis?: string;
  readonly data: readonly string[];
  readonly catalogue?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly fraction?: number;
  readonly chunkEntries?: number;
  readonly run?: string;
  readonly backoffLimit?: number;
  readonly limit?: number;
  readonly redisHost?: string;
}

export interface SubmitRequest {
  /** Without anything secret; it names the credentials where there are some. */
  readonly request: RunRequest | RunSpec;
  readonly credentials: Credentials | undefined;
  readonly notes: readonly string[];
}

/** @throws ConfigError where something is missing, twice, or does not fit */
export async function submitRequest(flags: RequestFlags): Promise<SubmitRequest> {
  const base = await baseOf(flags);
  const { request, credentials, notes } =
    'datasets' in base ? wholeSpec(flags, base) : complete(requestOf(flags, base as Partial<RunRequest>));
  checkRun(request, 'options');
  const all = [...notes, ...formerNotes(flags)];
  if (isEmpty(credentials)) return { request, credentials: undefined, notes: all };
  const run = request.run ?? newRunId(basename(request.analysis).replace(/\.[cm]?[jt]s$/, ''), new Date());
  return { request: { ...request, run, secret: run }, credentials, notes: all };
}

async function baseOf({ config, spec }: RequestFlags): Promise<Partial<RunRequest> | RunSpec> {
  if (config !== undefined && spec !== undefined)
    throw new ConfigError('--config and --spec are both given', { hint: 'One of them is enough.' });
  if (spec !== undefined) return readRequestFile(spec);
  return config === undefined ? {} : readConfig(config);
}

/** Flags go over what the file says. */
function requestOf(flags: RequestFlags, base: Partial<RunRequest>, forServices = true) {
  const { analysis = base.analysis, fraction, chunkEntries, catalogue, run, set } = flags;
  const data = flags.data.length > 0 ? flags.data : (base.data ?? []);
  const { storageType = base.storageType, bucket = base.bucket, outputBucket = base.outputBucket } = flags;
  const gathered = gatherStorage(withoutUndefined({ ...flags, storageType, bucket, outputBucket }), data, { forServices });
  const given = { ...gathered.request, ...datasetRequest(flags), ...mannerOf(flags), analysis, fraction, chunkEntries, catalogue, run };
  const storage = { ...base.storage, ...gathered.request.storage };
  const request: Partial<RunRequest> = {
    ...base,
    ...withoutUndefined(given),
    set: { ...base.set, ...set },
    ...(Object.keys(storage).length === 0 ? {} : { storage }),
  };
  return { ...gathered, request };
}

function complete<T extends { readonly request: Partial<RunRequest> }>(gathered: T): T & { readonly request: RunRequest } {
  const { analysis } = gathered.request;
  if (analysis === undefined) throw new ConfigError('no analysis is given', { hint: 'Say which: --analysis atlas-hzz-2020.' });
  return { ...gathered, request: { ...gathered.request, analysis } };
}

/** The part of the options of `run` that says what to run. */
type Asked = Omit<RunOptions, 'threads' | 'batchMb' | 'verify' | 'out' | 'port' | 'portIsFixed' | 'resume' | 'force' | 'json' | 'stay'>;

/**
 * The same for `run`: what is for this process alone goes into its environment, keys too.
 * @throws ConfigError as `submitRequest`
 */
export async function flagsToRun(flags: RequestFlags): Promise<Asked> {
  const base = await baseOf(flags);
  if ('datasets' in base) throw new ConfigError('a whole spec is for `submit`', { file: flags.config, hint: 'Give a run request.' });
  const { request, credentials, notes } = requestOf(flags, base as Partial<RunRequest>, false);
  if (request.analysis !== undefined) checkRun(request, 'options');
  for (const note of [...notes, ...formerNotes(flags)]) process.stderr.write(`${note}\n`);
  const { storage = {}, data = [], set, analysis, catalogue, fraction, chunkEntries, datasetPattern, listFolder, ...more } = request;
  overrideEnvironment(runChanges(storage, credentials.variables));
  const which = { analysis, data, datasetPattern, datasets: listFolder, catalogue, set: set ?? {}, fraction, chunkEntries };
  const { outputFile, outputJsonFile } = flags;
  return { ...which, more, addresses: credentials.addresses, outputFile, outputJsonFile };
}

/** What a whole spec leaves open is how it is done. */
function wholeSpec(flags: RequestFlags, base: RunSpec) {
  const fixed = (['analysis', 'catalogue', 'fraction', 'chunkEntries', 'bucket', 'datasetPattern', 'datasets'] as const).find(
    (name) => flags[name] !== undefined,
  );
  if (fixed !== undefined || flags.data.length > 0 || Object.keys(flags.set).length > 0) {
    throw new ConfigError('a whole spec has its analysis, parameters and files already', {
      file: flags.spec ?? flags.config,
      hint: 'Give it alone, or a run request, over which flags go.',
    });
  }
  const files = base.datasets.flatMap((dataset) => dataset.files);
  const gathered = gatherStorage(flags, files, { forServices: true });
  const { storage, storageType = 's3', outputBucket } = gathered.request;
  const run = flags.run ?? base.run;
  const output = outputBucket === undefined ? base.output : outputFolder(outputBucket, storageType, run);
  const request: RunSpec = {
    ...base,
    ...withoutUndefined({ ...mannerOf(flags), output }),
    run,
    ...(storage === undefined ? {} : { storage: { ...base.storage, ...storage } }),
  };
  return { ...gathered, request };
}

/** n tries again are n + 1 attempts. */
function mannerOf({ backoffLimit, limit }: RequestFlags) {
  return { attempts: backoffLimit === undefined ? undefined : backoffLimit + 1, pageSize: limit };
}

function withoutUndefined<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
