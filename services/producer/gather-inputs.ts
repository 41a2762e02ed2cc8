/** The files of a request, each with its dataset. */
import { type AssignedFile, assignFiles, datasetsNamedIn, type FileAssignment } from '#shared/datasets/assign-files.ts';
import { baseName, type Catalogue, type Dataset, fileUrl, isData, PLAIN_DATASET, plainCatalogue } from '#shared/datasets/catalogue.ts';
import { type FileList, isListPath, type ListFacts, mergeLists } from '#shared/datasets/file-list.ts';
import { choose } from '#shared/datasets/pattern.ts';
import { ConfigError } from '#shared/errors.ts';
import { nearMisses } from '#shared/near-misses.ts';
import type { RunRequest } from '#shared/queue/run-request.ts';
import { expandInputs } from '#shared/storage/expand.ts';
import { runSettings } from '#shared/storage/run-settings.ts';
import { findLists, LIST_FOLDER, readLists } from './find-lists.ts';
import { readCatalogue } from './read-catalogue.ts';
import { placed } from './run-manner.ts';

/** What a request says about its files, and how they are reached. */
export type InputRequest = Omit<Partial<RunRequest>, 'analysis'>;

/** A dataset with its files in the request, in order; never without any. */
export interface DatasetInputs {
  readonly dataset: Dataset;
  readonly isData: boolean;
  readonly files: readonly AssignedFile[];
}

export interface Inputs {
  readonly catalogue: Catalogue;
  /** In the order of the catalogue. */
  readonly datasets: readonly DatasetInputs[];
}

/**
 * The files that a request means: those of its data and lists, or where it names none those of the catalogue; of these the
 * datasets that its patterns choose.
 * @param analysis whose catalogue is taken where the request names none
 * @throws ConfigError where a word or pattern fits nothing, or a file's dataset is not clear
 */
export async function gatherInputs(request: InputRequest, analysis?: string): Promise<Inputs> {
  const asked = await readCatalogue(request.catalogue, analysis);
  const found = await findAll(request, asked);
  const { lists, data, idle } = found;
  const catalogue = asked ?? plainCatalogue(plainNames(lists, data));
  const here = (location: string) => placed(location, request);
  const listed = new Map(lists.flatMap(({ name, files }) => files.map((file) => [here(file), name])));
  const inLists = new Set(listed.keys());
  const expanded = data.length > 0 ? (await expandInputs(data.map(here), runSettings(request))).map(here) : [];
  const given = [...new Set([...listed.keys(), ...expanded])].sort();
  const paths = given.length > 0 ? given : catalogueFiles(catalogue).map(here);
  if (paths.length === 0 && idle[0] !== undefined) throw nothingFits(idle[0], found.names, found.names.length > 0);
  if (paths.length === 0) throw new ConfigError('no data are given', { hint: 'Name files, folders or URLs: --data samples/atlas-2020.' });
  if (asked === undefined && lists.length > 0) for (const path of expanded) if (!listed.has(path)) listed.set(path, PLAIN_DATASET);
  const assignment = assignFiles(catalogue, paths, listed);
  refuseUnclear(assignment, catalogue);
  const assigned = withFacts(
    assignment.assigned.map((each) => withOwnReplicas(each, catalogue, here)),
    new Map(lists.flatMap((list) => Object.entries(list.facts ?? {}).map(([file, facts]) => [here(file), facts]))),
  );
  return { catalogue, datasets: chooseDatasets(catalogue, assigned, found, inLists) };
}

/** A copy of the user's own, which may be a toy or a skim of the same name, is not the file that other places have. */
function withOwnReplicas(assigned: AssignedFile, catalogue: Catalogue, here: (location: string) => string): AssignedFile {
  const { path, file } = assigned;
  if (file?.replicas === undefined || path === here(fileUrl(catalogue, file)) || file.replicas.includes(path)) return assigned;
  const { replicas: _, ...rest } = file;
  return { ...assigned, file: rest };
}

/** What a list says of a file goes before what the catalogue says. */
function withFacts(assigned: readonly AssignedFile[], facts: ReadonlyMap<string, ListFacts[string]>): readonly AssignedFile[] {
  if (facts.size === 0) return assigned;
  return assigned.map((each) => {
    const told = facts.get(each.path);
    return told === undefined ? each : { ...each, file: { ...(each.file ?? { path: each.path }), ...told } };
  });
}

/** The same request with the lists themselves in place of words about them, for a machine that does not have them. */
export async function withLists<T extends InputRequest & { readonly analysis?: string }>(request: T): Promise<T> {
  const { lists: given, listFolder, data: words = [], datasetPattern = [] } = request;
  if (given !== undefined || (listFolder === undefined && !words.some(isListPath) && datasetPattern.length === 0)) return request;
  const { lists, data, idle } = await findAll(request, await readCatalogue(request.catalogue, request.analysis));
  const { listFolder: _, ...rest } = request;
  return { ...rest, lists: lists.map(({ path: __, ...list }) => list), data: [...data], datasetPattern: [...idle] } as unknown as T;
}

interface Found {
  readonly lists: readonly FileList[];
  /** Words that are no lists. */
  readonly data: readonly string[];
  /** Patterns that are not over lists. */
  readonly idle: readonly string[];
  /** Datasets of the lists that patterns could choose. */
  readonly names: readonly string[];
}

async function findAll(
  { data = [], lists: given, listFolder, datasetPattern = [] }: InputRequest,
  catalogue: Catalogue | undefined,
): Promise<Found> {
  if (given !== undefined) return { lists: given.map((list) => ({ ...list, path: list.name })), data, idle: datasetPattern, names: [] };
  const namesOf = (dataset: string) => (catalogue === undefined ? [] : datasetsNamedIn(catalogue, dataset));
  const { lists, idle, names } = await findLists({ folder: listFolder, patterns: datasetPattern, namesOf });
  const named = await readLists(data.filter(isListPath));
  return { lists: mergeLists([...lists, ...named]), data: data.filter((word) => !isListPath(word)), idle, names };
}

function plainNames(lists: readonly FileList[], data: readonly string[]): string[] {
  // Lists of one dataset may be for different pools.
  const names = [...new Set(lists.map(({ name }) => name))];
  return names.length === 0 || (data.length > 0 && !names.includes(PLAIN_DATASET)) ? [...names, PLAIN_DATASET] : names;
}

function catalogueFiles(catalogue: Catalogue): string[] {
  return catalogue.datasets.flatMap(({ files }) => files.map((file) => fileUrl(catalogue, file)));
}

/** Those that patterns choose, and those of lists, which were chosen before. */
function chooseDatasets(
  catalogue: Catalogue,
  assigned: readonly AssignedFile[],
  { idle: patterns, names: lists }: Found,
  inLists: ReadonlySet<string>,
): DatasetInputs[] {
  const files = Map.groupBy(assigned, ({ dataset }) => dataset);
  const all = catalogue.datasets.flatMap((dataset) => {
    const own = files.get(dataset.name);
    return own === undefined ? [] : [{ dataset, isData: isData(catalogue, dataset), files: own }];
  });
  if (patterns.length === 0) return all;
  const namedAs = ({ dataset: { name, aliases } }: DatasetInputs) => ({ names: [name, ...aliases] });
  const { chosen, idle } = choose(all, namedAs, patterns);
  const names = all.map(({ dataset }) => dataset.name);
  if (idle[0] !== undefined) throw nothingFits(idle[0], [...names, ...lists], lists.length > 0);
  return all.filter((each) => chosen.includes(each) || each.files.some(({ path }) => inLists.has(path)));
}

function nothingFits(pattern: string, names: readonly string[], anyLists: boolean): ConfigError {
  const near = nearMisses(pattern.replaceAll(/[*?]/g, ''), names);
  const shown = near.length > 0 ? near : names.slice(0, SHOWN);
  const there =
    shown.length === 0
      ? ''
      : `There is ${shown.join(', ')}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}. `;
  const where = anyLists ? '' : `Lists are looked for in --datasets DIR, or in ./${LIST_FOLDER}.`;
  return new ConfigError(`no list and no dataset fits \`${pattern}\``, { hint: `${there}${where}`.trim() });
}

const SHOWN = 6;

/** A file that is counted in no dataset, or in a wrong one, makes a wrong plot: the user has to say. */
function refuseUnclear({ unmatched, ambiguous, repeated }: FileAssignment, catalogue: Catalogue): void {
  const near = (nearest: readonly string[]) => (nearest.length === 0 ? '' : ` (similar: ${nearest.join(', ')})`);
  const problems = [
    ...unmatched.map(({ path, nearest }) => `${path} belongs to no dataset${near(nearest)}`),
    ...ambiguous.map(({ path, datasets }) => `${path} could belong to ${datasets.join(' or ')}`),
    ...repeated.map(({ path, first }) => `${path} is ${baseName(first)} again, which is given as ${first}`),
  ];
  if (problems.length === 0) return;
  const shown = problems.slice(0, 5);
  if (problems.length > shown.length) shown.push(`and ${problems.length - shown.length} more`);
  throw new ConfigError(`the catalogue ${catalogue.name} does not fit the data: ${shown.join('; ')}`, {
    hint: 'Give a catalogue that names them (--catalogue FILE.json), other files (--data), or --catalogue none to count all as one.',
  });
}
