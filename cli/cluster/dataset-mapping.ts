/** Which lists of files go to which cluster: a JSON file in the form of higgs-demo's --dataset-mapping. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { ConfigError } from '#shared/errors.ts';
import { poolName } from '#shared/queue/messages.ts';
import { describeIssues, listOf, text, writtenWhole } from '#shared/schema.ts';
import { DEFAULT_PREFIX } from './mapping-defaults.ts';

const entrySchema = v.strictObject({
  /** Paths of lists of files. */
  datasets: listOf(text),
  /** Machine type of the nodes, as the provider calls it. */
  flavor: v.optional(text),
  nodes: v.optional(v.pipe(writtenWhole, v.maxValue(10_000))),
  /** Fast folder on the nodes into which files are copied before they are read. */
  dpath: v.optional(v.pipe(v.string(), v.startsWith('/'))),
  /** Name of the cluster; without it the prefix and the number of the entry. */
  cluster: v.optional(poolName),
  /** Of the kubeconfig; without it, one that is called like the cluster. */
  context: v.optional(text),
  namespace: v.optional(text),
});

/** An entry of the file: a cluster, whose workers are the pool of the same name. */
export interface MappedCluster {
  readonly index: number;
  readonly name: string;
  /** Each once. */
  readonly datasets: readonly string[];
  readonly flavor?: string | undefined;
  readonly nodes?: number | undefined;
  readonly dpath?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface Mapping {
  readonly clusters: readonly MappedCluster[];
  /** What the user should know. */
  readonly notes: readonly string[];
}

/** The flags of all commands that take such a file. */
export interface MappingFlags {
  readonly datasetMapping: string;
  readonly datasetIndex?: number;
  readonly cluster?: string;
  readonly prefix: string;
}

/** Of the file, the clusters that the flags choose. @throws ConfigError if it cannot be read, is wrong, or has no such cluster */
export async function readMapping({ datasetMapping: file, datasetIndex, cluster, prefix }: MappingFlags): Promise<Mapping> {
  const json = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new ConfigError(`the dataset mapping cannot be read: ${cause instanceof Error ? cause.message : cause}`, { file, cause });
  });
  const { clusters, notes } = parseMapping(json, file, prefix);
  if (datasetIndex !== undefined && datasetIndex >= clusters.length) {
    throw new ConfigError(`there is no entry ${datasetIndex}`, { file, hint: `It has ${clusters.length}, counted from 0.` });
  }
  const chosen = clusters.filter(({ index, name, context }) => {
    return (datasetIndex === undefined || index === datasetIndex) && (cluster === undefined || [name, context].includes(cluster));
  });
  if (chosen.length > 0) return { clusters: chosen, notes };
  throw new ConfigError(`there is no cluster ${cluster}`, { file, hint: `There is ${clusters.map(({ name }) => name).join(', ')}.` });
}

/** The file's entries. A list that is named again, in the same entry or another, counts where it was named first. */
export function parseMapping(json: string, file: string, prefix = DEFAULT_PREFIX): Mapping {
  const entries = entriesOf(json, file);
  const seen = new Set<string>();
  let repeats = 0;
  const clusters = entries.flatMap(({ datasets, cluster, dpath, ...rest }, index) => {
    refuseDryRun(dpath, `${file}, entry ${index}`);
    const name = cluster ?? `${prefix}${index}`;
    const own = datasets.filter((path) => !seen.has(path) && seen.add(path));
    repeats += datasets.length - own.length;
    return [{ index, name, datasets: own, dpath, ...rest }];
  });
  for (const [i, { name }] of clusters.entries()) {
    if (!v.is(poolName, name)) {
      throw new ConfigError(`\`${name}\` is no name of a cluster`, { file, hint: 'Small letters, digits and dashes; see --prefix.' });
    }
    if (clusters.findIndex((other) => other.name === name) < i) throw new ConfigError(`two entries are for cluster ${name}`, { file });
  }
  const notes = repeats === 0 ? [] : [`${file}: ${repeats === 1 ? 'a list is' : `${repeats} lists are`} named again; each counts once.`];
  return { clusters, notes };
}

function entriesOf(json: string, file: string): v.InferOutput<typeof entrySchema>[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ConfigError(`it is no JSON: ${cause instanceof Error ? cause.message : cause}`, { file, cause });
  }
  const parsed = v.safeParse(listOf(entrySchema), value);
  if (parsed.success) return parsed.output;
  throw new ConfigError(`the dataset mapping is not as it must be: ${describeIssues(parsed.issues, 'file', 5)}`, {
    file,
    hint: 'It is a list, an entry a cluster: [{"datasets": ["a_file_index.txt"], "flavor": "n1-highmem-16", "nodes": 22, "dpath": "/dev/shm"}].',
  });
}

/** There, a path such as /dev/null made workers throw the data away and sleep. */
function refuseDryRun(dpath: string | undefined, where: string): void {
  if (dpath === undefined || !dpath.startsWith('/dev/') || /^\/dev\/shm(\/|$)/.test(dpath)) return;
  throw new ConfigError(`dpath ${dpath} is no folder`, {
    file: where,
    hint: 'To see what would be read, without reading it: submit --dry-run.',
  });
}
