import type { Command } from 'commander';
import type { Higgsflow } from '../api.ts';
import type { MappedCluster } from '../cluster/dataset-mapping.ts';
import { collect, fraction, keyValue, positiveInteger, wholeNumber } from './arguments.ts';
import { datasetFlags } from './dataset-options.ts';
import { type MappingWords, mappingFlags } from './mapping-options.ts';
import { connectTo, printJson, type RemoteFlags, remote } from './remote.ts';
import type { RequestFlags, SubmitRequest } from './request-flags.ts';
import { formerFlags, storageFlags } from './storage-options.ts';

interface SubmitFlags extends RemoteFlags, RequestFlags, MappingWords {
  readonly steal?: boolean;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly image?: string;
  readonly cpuLimit?: string;
}

/** `higgsflow submit`: a run for the workers of a cluster. */
export function register(program: Command): void {
  const command = program
    .command('submit')
    .description('hand a run to the services: finds its files, publishes its tasks, prints its id')
    .optionsGroup('What to run:')
    .option('-a, --analysis <name>', 'built-in analysis, or your own file (the workers need one of this name in their ANALYSIS_DIR)')
    .option('-s, --set <key=value>', 'a parameter of the analysis; repeatable', keyValue, {})
    .option('--config <file>', 'the analysis, or a run file (JSON, YAML); a :2012 at its end sets the year, or picks a variant of the file')
    .option('--spec <file>', 'run file, or a whole spec')
    .option('--run <id>', 'the id of the run; submitting the same again goes on with it (default: analysis and time)')
    .option('--fraction <part>', 'read the first part of each file, 0 to 1', fraction)
    .option('--chunk-entries <n>', 'cut files with more entries into chunks of about as many (1,000,000)', positiveInteger)
    .optionsGroup('Where the data are:')
    .option(
      '-d, --data <where>',
      'files, folders, globs, URLs, lists (*.txt), as this machine and the workers find them; repeatable',
      collect,
      [],
    )
    .option('-c, --catalogue <name>', 'what the files are: a name that `higgsflow datasets` lists, FILE.json, FILE.yaml, or none');
  datasetFlags(command)
    .option('--download-max-kb <n>', 'kB/s that each worker takes at most', positiveInteger)
    .option('--cache-prefix <url>', 'read through a cache: root://xcache:1094//, https://proxy/?url={encoded}');
  storageFlags(command)
    .optionsGroup('How it is done:')
    .option('--wait', 'show progress, and end with the run: exit code 3 where it is incomplete, 1 where its upload failed')
    .option('--dry-run', 'print files, entries and bytes to be read by dataset; send nothing')
    .option('--backoff-limit <n>', 'how often a task that failed, and the producer, is tried again (4, and 5)', wholeNumber)
    .option('--limit <n>', 'page size: files handed to the ledger, and pods listed, at a time (500, and 5000)', positiveInteger)
    .optionsGroup('Several clusters:');
  mappingFlags(command)
    .option('--steal', 'clusters with nothing left to do take over waiting tasks of the others; later, too: submit the same again')
    .optionsGroup('The services:');
  formerFlags(remote(command))
    .option('--image <name>', 'with --namespace: image of the producer and of the workers, which are replaced')
    .option('--cpu-limit <cpu>', 'with --namespace: CPU of the producer and of each worker, such as 900m; workers are replaced')
    .addHelpText('after', MORE)
    .action(submit);
}

const MORE = `
The tasks go to the broker that AMQP_URL names; without it the collector publishes them. With --namespace a Job in the cluster
finds the files, at the paths that they have there (/data), and a file of your own is brought to the workers.

Keys go to the workers by a Secret of the namespace (without --namespace: a file in CREDENTIALS_DIR that only you can read), and
stay until \`higgsflow cleanup\`. Without the flags, HIGGSFLOW_ACCESS_KEY[_FILE] and HIGGSFLOW_SECRET_KEY[_FILE] are taken; for
runs on buckets also what \`run\` would use here: S3_*, GCS_*. Addresses with a signature or a password are kept in the same place.

A run file has these fields: run, analysis, data, catalogue, set, fraction, storage, bucket, outputBucket, ... Flags go over it;
data is a list, or one text:
  {"analysis": "./mine.ts", "data": ["s3://opendata/cms/*.root"], "variants": {"2012": {"set": {"year": 2012}}}}

With --dataset-mapping the files of each entry are for the workers of one cluster (a pool), the results for one collector:
\`higgsflow clusters --help\` shows the file, docs/kubernetes.md how the workers of other clusters get there.

Examples:
  higgsflow submit -a atlas-hzz-2020 -d /data/samples --wait
  higgsflow submit -a cms-dimuon -d 'https://example.org/nano/{1..40}.root' --dry-run
  higgsflow submit -a ./mine.ts --dataset-pattern '*SMHiggs*' --datasets datasets_s3 --dry-run
  higgsflow submit --config run.yaml:2012 --run run6 --wait
  higgsflow submit -n higgsflow -a ./mine.ts -d 's3://opendata/nano/*.root' --storage-host https://s3.cern.ch \\
    --access-key-file key --secret-key-file secret --output-bucket results --wait
  higgsflow submit -n higgsflow -a atlas-hzz-2020 --dataset-mapping demo.json --steal --wait`;

async function submit(words: SubmitFlags): Promise<void> {
  const [{ listenForShutdown }, { submitRequest }, { placeOfCluster }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('./request-flags.ts'),
    import('../cluster/place-of-cluster.ts'),
  ]);
  const flags = await placeOfCluster(words);
  const asked = await submitRequest(flags);
  for (const note of asked.notes) say(note);
  const { submitted, clusters } = await overClusters(flags, asked);
  const higgsflow = await connectTo(flags, { isPatient: true });
  const shutdown = listenForShutdown(process);
  const { signal } = shutdown;
  try {
    if (flags.dryRun === true) return await dryRun(flags, higgsflow, submitted, signal);
    await prepare(flags, submitted, clusters, signal);
    const run =
      flags.namespace === undefined ? await submitHere(higgsflow, submitted, signal) : await submitThere(flags, submitted, signal);
    if (flags.json === true) printJson({ run });
    else process.stdout.write(`${run}\n`);
    const { awaitRun, noteFiles } = await import('../remote/await-run.ts');
    if (flags.wait === true) process.exitCode = await awaitRun(higgsflow, run, flags, signal);
    else noteFiles(run, flags, say);
  } finally {
    shutdown.close();
  }
}

/** The request as the dataset mapping makes it, and its clusters; without such a file nothing changes. */
async function overClusters(
  flags: SubmitFlags,
  asked: SubmitRequest,
): Promise<{ readonly submitted: SubmitRequest; readonly clusters: readonly MappedCluster[] }> {
  const { datasetMapping, steal } = flags;
  const request = steal === true ? { ...asked.request, steal } : asked.request;
  if (datasetMapping === undefined) return { submitted: { ...asked, request }, clusters: [] };
  const [{ ConfigError }, { readMapping }, { mapRequest }] = await Promise.all([
    import('#shared/errors.ts'),
    import('../cluster/dataset-mapping.ts'),
    import('../cluster/map-request.ts'),
  ]);
  if ('datasets' in request)
    throw new ConfigError('a whole spec has its files and pools already', { hint: 'Leave out --dataset-mapping.' });
  const { clusters, notes } = await readMapping({ ...flags, datasetMapping });
  for (const note of notes) say(note);
  return { submitted: { ...asked, request: await mapRequest(request, clusters) }, clusters };
}

/** On clusters, workers and what they need are looked after first. */
async function prepare(
  flags: SubmitFlags,
  submitted: SubmitRequest,
  clusters: readonly MappedCluster[],
  signal: AbortSignal,
): Promise<void> {
  if (flags.namespace === undefined || clusters.length === 0) return;
  const { prepareClusters } = await import('../cluster/map-request.ts');
  await prepareClusters({ ...flags, ...submitted, clusters, say, signal });
}

async function dryRun(flags: SubmitFlags, higgsflow: Higgsflow, submitted: SubmitRequest, signal: AbortSignal): Promise<void> {
  const [{ printPlan }, { withLocalKeys }] = await Promise.all([import('./print-plan.ts'), import('../local-keys.ts')]);
  const { request, credentials } = submitted;
  const plan = await withLocalKeys(request, credentials, (mine) => higgsflow.plan(mine, { signal }));
  printPlan(plan, flags.json === true);
}

async function submitHere(higgsflow: Higgsflow, { request, credentials }: SubmitRequest, signal: AbortSignal): Promise<string> {
  if (credentials === undefined) return higgsflow.submit(request, { signal });
  const [{ forgetLocalKeys, hasLocalKeys, keepLocalKeys }, { isPipelineError }] = await Promise.all([
    import('../local-keys.ts'),
    import('#shared/errors.ts'),
  ]);
  const { secret = '' } = request;
  const isNew = !hasLocalKeys(secret);
  const file = await keepLocalKeys(request, credentials);
  try {
    const run = await higgsflow.submit(request, { signal });
    say(`The keys are in ${file}; workers and web need this folder (CREDENTIALS_DIR).`);
    return run;
  } catch (error) {
    // What is refused for good never became a run.
    if (isNew && isPipelineError(error) && !error.retryable) await forgetLocalKeys(secret);
    throw error;
  }
}

async function submitThere(flags: SubmitFlags, { request, credentials }: SubmitRequest, signal: AbortSignal): Promise<string> {
  const [{ openCluster }, { submitToCluster }] = await Promise.all([
    import('../cluster/open-services.ts'),
    import('../cluster/submit-to-cluster.ts'),
  ]);
  const { namespace = '', image, cpuLimit, backoffLimit, limit: pageSize } = flags;
  const cluster = await openCluster(flags);
  return submitToCluster({ cluster, namespace, request, credentials, image, cpuLimit, backoffLimit, pageSize, onNote: say, signal });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
