import { type Command, Option } from 'commander';
import type { MappedCluster } from '../cluster/dataset-mapping.ts';
import type { Provider, ProviderFlags } from '../cluster/providers.ts';
import { type MappingWords, mappingFlags } from './mapping-options.ts';
import { printJson } from './remote.ts';

interface ClustersFlags extends MappingWords, ProviderFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const MORE = `
The file is a list, an entry a cluster, as higgs-demo had it:
  [{"datasets": ["lists/Run2012B_file_index.txt", "lists/SMHiggs_file_index.txt"],
    "flavor": "n1-highmem-16", "nodes": 22, "dpath": "/dev/shm"},
   {"datasets": ["lists/Run2012C_file_index.txt"], "cluster": "at-home", "context": "kind-at-home"}]
datasets: lists of files, of this machine. flavor: machine type of the nodes (gke). nodes: how many; on gke in each zone of the
region. dpath: fast folder into which the workers copy files before they read them; on gke there is a local SSD unless it is in
/dev/shm. cluster: its name and that of its pool of workers, else --prefix and the number of the entry. context: in the
kubeconfig, else one that is called like the cluster. namespace: there, else that of the command.

Examples:
  higgsflow clusters create --dataset-mapping demo.json --gcs-project-id my-project --gcs-region europe-west4 --dry-run
  higgsflow clusters create --dataset-mapping demo.json --provider kind
  higgsflow clusters delete --dataset-mapping demo.json --provider kind --yes
Then bring workers to each: bash deploy.sh --workers-only --pool NAME ... (docs/kubernetes.md, "Several clusters").`;

/** `higgsflow clusters create|delete|list`: the clusters of a dataset mapping, by the provider's own program. */
export function register(program: Command): void {
  const clusters = program
    .command('clusters')
    .description('make, list and delete the Kubernetes clusters of a dataset mapping')
    .addHelpText('after', MORE);
  const verb = (name: string, description: string, act: (flags: ClustersFlags) => Promise<void>) => {
    const command = mappingFlags(clusters.command(name).description(description))
      .addOption(
        new Option('--provider <name>', 'whose clusters: gke (gcloud), kind or k3d on this machine')
          .choices(['gke', 'kind', 'k3d'])
          .default('gke'),
      )
      .option('--gcs-project-id <id>', 'Google project (gke)');
    if (name !== 'list') command.option('--dry-run', 'print the commands, and run none').option('--yes', 'do not ask');
    else command.option('--json', 'print JSON');
    command.exitOverride().addHelpText('after', MORE).action(act);
  };
  verb('create', 'make those that are missing, at the same time; prints the commands', create);
  verb('delete', 'delete those that are there, at the same time; asks first', remove);
  verb('list', 'say which are there', list);
}

async function create(flags: ClustersFlags): Promise<void> {
  await change(flags, {
    isWanted: (isThere) => !isThere,
    skipped: 'is there already',
    question: 'Make',
    commands: (provider, cluster) => [
      provider.create(cluster),
      ...(provider.credentials === undefined ? [] : [provider.credentials(cluster.name)]),
    ],
    done: (provider, name) => `is there, as context ${provider.context(name)}`,
  });
}

async function remove(flags: ClustersFlags): Promise<void> {
  await change(flags, {
    isWanted: (isThere) => isThere,
    skipped: 'is not there',
    question: 'Delete, with all that is in them,',
    commands: (provider, { name }) => [provider.delete(name)],
    done: () => 'is gone',
  });
}

interface Change {
  readonly isWanted: (isThere: boolean) => boolean;
  /** Why a cluster is left alone. */
  readonly skipped: string;
  readonly question: string;
  readonly commands: (provider: Provider, cluster: MappedCluster) => ReturnType<Provider['delete']>[];
  readonly done: (provider: Provider, name: string) => string;
}

async function change(flags: ClustersFlags, { isWanted, skipped, question, commands, done }: Change): Promise<void> {
  const { provider, clusters } = await open(flags);
  if (flags.dryRun === true) {
    for (const cluster of clusters) for (const line of commands(provider, cluster)) process.stdout.write(`${shellText(line)}\n`);
    return;
  }
  const [{ listenForShutdown }, { runProgram }, { eachCluster, failureText }, { StorageError }] = await Promise.all([
    import('#shared/runtime/shutdown.ts'),
    import('../cluster/run-program.ts'),
    import('../cluster/each-cluster.ts'),
    import('#shared/errors.ts'),
  ]);
  const shutdown = listenForShutdown(process);
  const { hint } = provider;
  const { signal } = shutdown;
  try {
    const there = await namesOf(provider, signal);
    const wanted = clusters.filter(({ name }) => isWanted(there.has(name)));
    for (const { name } of clusters) if (!isWanted(there.has(name))) say(`${name}: ${skipped}`);
    if (wanted.length === 0) return;
    for (const cluster of wanted) for (const line of commands(provider, cluster)) say(shellText(line));
    await confirm(flags, `${question} ${wanted.map(({ name }) => name).join(', ')}?`);
    const outcomes = await eachCluster(
      wanted,
      async (cluster, tell) => {
        for (const line of commands(provider, cluster)) await runProgram(line, { onLine: tell, hint, signal });
        tell(done(provider, cluster.name));
      },
      say,
    );
    const failed = failureText(outcomes);
    if (failed !== undefined)
      throw new StorageError(failed, { retryable: false, hint: 'Run the same command again: what is done is left alone.' });
  } finally {
    shutdown.close();
  }
}

async function list(flags: ClustersFlags): Promise<void> {
  const { provider, clusters } = await open(flags);
  const there = await namesOf(provider, AbortSignal.timeout(LIST_MS));
  const rows = clusters.map(({ name, flavor, nodes, dpath, datasets, context }) => {
    return {
      cluster: name,
      there: there.has(name),
      context: context ?? provider.context(name),
      flavor,
      nodes,
      dpath,
      lists: datasets.length,
    };
  });
  if (flags.json === true) return printJson(rows);
  const { formatTable } = await import('../format.ts');
  const cells = rows.map((row) => [
    row.cluster,
    row.there ? 'yes' : 'no',
    row.context,
    row.flavor ?? '',
    String(row.nodes ?? ''),
    row.dpath ?? '',
    String(row.lists),
  ]);
  process.stdout.write(`${formatTable([['cluster', 'there', 'context', 'flavor', 'nodes', 'dpath', 'lists'], ...cells]).join('\n')}\n`);
}

const LIST_MS = 60_000;

async function open(flags: ClustersFlags): Promise<{ readonly provider: Provider; readonly clusters: readonly MappedCluster[] }> {
  const [{ ConfigError }, { readMapping }, { openProvider }] = await Promise.all([
    import('#shared/errors.ts'),
    import('../cluster/dataset-mapping.ts'),
    import('../cluster/providers.ts'),
  ]);
  const { datasetMapping } = flags;
  if (datasetMapping === undefined) throw new ConfigError('no clusters are named', { hint: 'Say which: --dataset-mapping FILE.' });
  const { clusters, notes } = await readMapping({ ...flags, datasetMapping });
  for (const note of notes) say(note);
  return { provider: openProvider(flags), clusters };
}

async function namesOf(provider: Provider, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const { runProgram } = await import('../cluster/run-program.ts');
  return new Set(provider.namesIn(await runProgram(provider.list, { onLine: () => {}, hint: provider.hint, signal })));
}

/** @throws ConfigError for no, and where nobody can be asked */
async function confirm({ yes }: ClustersFlags, question: string): Promise<void> {
  if (yes === true) return;
  const [{ ConfigError }, { createInterface }] = await Promise.all([import('#shared/errors.ts'), import('node:readline/promises')]);
  if (!process.stdin.isTTY)
    throw new ConfigError('nobody can be asked here', { hint: 'Give --yes, or --dry-run to see what would be done.' });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (!/^y/i.test(answer)) throw new ConfigError('nothing was done');
}

/** As it would be typed. */
function shellText(line: readonly string[]): string {
  return line.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
