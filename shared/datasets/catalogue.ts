/**
 * A catalogue says what the files are: which dataset each belongs to, which group of the plot a dataset is in, and what
 * its simulation is normalised by. It is data (JSON), checked here.
 */
import * as v from 'valibot';
import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import { anyObject, count, listOf, nonNegative, positive, text, whole } from '../schema.ts';

const experimentSchema = v.strictObject({
  /** "ATLAS", "CMS"; empty when unknown. */
  name: v.string(),
  /** Follows the name on the plot: "Open Data". */
  status: v.string(),
  energyTeV: v.optional(positive),
  /** Luminosity of all data of the catalogue, in fb-1. */
  luminosityFb: v.optional(positive),
  channel: v.optional(v.string(), ''),
});

const groupSchema = v.strictObject({
  name: text,
  label: text,
  color: v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #6b59d3')),
  kind: v.picklist(['data', 'background', 'signal']),
});

const CHECKSUM = /^(adler32|crc32|md5|sha1|sha256):[0-9a-f]+$/;

/** True for a checksum as catalogues write it. */
export function isChecksum(text: string): boolean {
  return CHECKSUM.test(text);
}

const fileFields = v.strictObject({
  /** Relative to `baseUrl`, or a whole URL or absolute path. Its last part is what local files are recognised by. */
  path: text,
  /** Where it is, if not at `baseUrl` + `path`. */
  url: v.optional(text),
  size: v.optional(count),
  entries: v.optional(count),
  /** With its kind in front: `adler32:1a80cedf`, `sha256:...`. */
  checksum: v.optional(v.pipe(v.string(), v.regex(CHECKSUM, 'must be a checksum like adler32:1a80cedf'))),
  /** Data only: luminosity of the collisions in this file, in fb-1. All files of a dataset have one, or none has. */
  luminosityFb: v.optional(nonNegative),
  /** Other places of the same file, tried in this order when one fails. */
  replicas: v.optional(v.array(text)),
});

/** A path alone, or the file with more that is known of it. */
const fileSchema = v.pipe(
  v.unknown(),
  v.transform((value) => (typeof value === 'string' ? { path: value } : value)),
  fileFields,
);

const datasetSchema = v.strictObject({
  name: text,
  note: v.optional(v.string()),
  /** Other names that a file name may carry. */
  aliases: v.optional(v.array(text), []),
  group: text,
  /** Dataset number, which file names carry as well: 345060. */
  dsid: v.optional(count),
  files: v.optional(v.array(fileSchema), []),
  /** Entries of all its files together. */
  entries: v.optional(count),
  /** Number of all its files, where `files` does not list them: a run that has fewer of them has that part of the dataset. */
  fileCount: v.optional(whole),
  crossSectionPb: v.optional(positive),
  sumOfWeights: v.optional(positive),
  /** Part of the cross section that was generated. */
  filterEfficiency: v.optional(positive, 1),
  /** Part of Σw that the files kept when they were reduced. */
  reductionEfficiency: v.optional(positive, 1),
  /** Factor on the cross section: of higher orders, or measured. */
  scaleFactor: v.optional(positive, 1),
  /** Data only: luminosity of this dataset, in fb-1. */
  luminosityFb: v.optional(positive),
  /** A time of data taking, such as 2012. Luminosities of periods add; simulation of a period goes with its data alone. */
  period: v.optional(text),
  /**
   * Data of different streams (triggers) record the same collisions, so that within a period their luminosities do not add.
   * Simulation goes with the stream that it is compared with; with several or none, with the one of which most is read.
   */
  stream: v.optional(v.union([text, listOf(text)])),
  /**
   * 'catalogue': cross section and Σw stand here; 'entries': only the cross section does, and the entries of all files,
   * each of weight 1, are Σw; 'per-event': cross section and Σw are in the weights that the analysis fills.
   */
  normalisation: v.optional(v.picklist(['catalogue', 'entries', 'per-event']), 'catalogue'),
  /** Of the catalogue's analysis, for the entries of this dataset: the channels that its stream is for. They go before the run's. */
  parameters: v.optional(anyObject),
});

const catalogueSchema = v.strictObject({
  name: text,
  note: v.optional(v.string()),
  release: v.optional(v.string(), ''),
  /** The analysis made for these files. */
  analysis: v.optional(text),
  /** The tree whose entries are counted, where files have several. */
  tree: v.optional(text),
  /** Before the paths of files; relative to the catalogue's own folder, where it is no URL. */
  baseUrl: v.optional(v.string(), ''),
  experiment: experimentSchema,
  /** In stack order, bottom first. */
  groups: listOf(groupSchema),
  datasets: listOf(datasetSchema),
});

/** What the files of a release are; see the fields' own comments. */
export type Catalogue = v.InferOutput<typeof catalogueSchema>;

/** A named list of files of one physics process or data-taking period. */
export type Dataset = Catalogue['datasets'][number];

/** One file of a dataset. */
export type CatalogueFile = Dataset['files'][number];

/**
 * Checks a catalogue and fills in its defaults.
 * @param place what errors call it: a path or name
 * @throws ConfigError that lists everything that is wrong with it
 */
export function parseCatalogue(value: unknown, place: string): Catalogue {
  const parsed = v.safeParse(catalogueSchema, value);
  const problems = parsed.success ? contradictions(parsed.output) : parsed.issues.map(describeIssue);
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`not a valid catalogue: ${problems.join('; ')}`, { file: place });
  }
  return parsed.output;
}

/** Like `parseCatalogue`, from the text of a JSON file. */
export function parseCatalogueText(text: string, place: string): Catalogue {
  const json = text.replace(/^\uFEFF/, '');
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ConfigError(`not JSON: ${(cause as Error).message}`, { file: place, cause });
  }
  const key = keyGivenTwice(json);
  if (key !== undefined) throw new ConfigError(`the key \`${key}\` stands twice in one object`, { file: place });
  return parseCatalogue(value, place);
}

/** JSON.parse takes the last of equal keys, and says nothing. The text is JSON. */
function keyGivenTwice(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, text] of json.matchAll(/[{}]|("[^"\\]*(?:\\.[^"\\]*)*")(?:\s*:)?/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token.endsWith(':')) {
      const key = JSON.parse(text ?? '') as string;
      const known = open.at(-1);
      if (known?.has(key)) return key;
      known?.add(key);
    }
  }
  return undefined;
}

/** Catalogue, and dataset, of files of which nothing is known. */
export const PLAIN_CATALOGUE = 'none';
export const PLAIN_DATASET = 'events';

/** For files that no catalogue knows: one data-like group `Events`; a sole dataset in it takes every file. */
export function plainCatalogue(datasets: readonly string[] = [PLAIN_DATASET]): Catalogue {
  return parseCatalogue(
    {
      name: PLAIN_CATALOGUE,
      experiment: { name: '', status: '' },
      groups: [{ name: 'events', label: 'Events', color: '#000000', kind: 'data' }],
      datasets: datasets.map((name) => ({ name, group: 'events' })),
    },
    'plain catalogue',
  );
}

/** Where a file is. */
export function fileUrl(catalogue: Catalogue, file: CatalogueFile): string {
  if (file.url !== undefined) return file.url;
  if (isWhole(file.path)) return file.path;
  const { baseUrl } = catalogue;
  return baseUrl === '' || baseUrl.endsWith('/') ? baseUrl + file.path : `${baseUrl}/${file.path}`;
}

/** True for a URL or an absolute path: nothing goes before it. */
export function isWhole(location: string): boolean {
  return location.includes('://') || /^([/\\]|[A-Za-z]:[/\\])/.test(location);
}

/** True if the dataset is recorded data, not simulation. */
export function isData(catalogue: Catalogue, dataset: Dataset): boolean {
  return catalogue.groups.find(({ name }) => name === dataset.group)?.kind === 'data';
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(catalogueSchema.entries),
  experiment: Object.keys(experimentSchema.entries),
  groups: Object.keys(groupSchema.entries),
  datasets: Object.keys(datasetSchema.entries),
  files: Object.keys(fileFields.entries),
};

function describeIssue({ message, path, expected }: v.BaseIssue<unknown>): string {
  const keys = path?.map(({ key }) => key) ?? [];
  if (expected !== 'never') return placeOf(keys) + message;
  // The first key that is unknown; all that are in the same object are told.
  const parent = keys.slice(0, -1);
  const known = KEYS[String(parent.findLast((key) => typeof key === 'string') ?? '')] ?? [];
  const unknown = Object.keys(path?.at(-1)?.input as object).filter((key) => !known.includes(key));
  return unknown.map((key) => `${placeOf(parent)}unknown key \`${key}\`. ${didYouMean(key, known)}`).join('; ');
}

function placeOf(keys: readonly unknown[]): string {
  const place = keys.reduce<string>((path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}${path && '.'}${key}`), '');
  return place === '' ? '' : `${place}: `;
}

/** What the schema cannot see: names that must match or differ, and numbers that others need. */
function contradictions(catalogue: Catalogue): string[] {
  const { groups, datasets } = catalogue;
  const problems = [
    ...repeated(
      'group',
      groups.map(({ name }) => name),
    ),
    ...repeated(
      'dataset',
      datasets.flatMap(({ name, aliases }) => [name, ...aliases]),
    ),
    ...repeated(
      'dataset number',
      datasets.flatMap(({ dsid }) => (dsid === undefined ? [] : [String(dsid)])),
    ),
    ...repeated(
      'file',
      datasets.flatMap(({ files }) => files.map(({ path }) => path)),
    ),
  ];
  const names = groups.map(({ name }) => name);
  for (const dataset of datasets) {
    const what = `dataset \`${dataset.name}\``;
    if (!names.includes(dataset.group))
      problems.push(`${what} is in an unknown group \`${dataset.group}\`. ${didYouMean(dataset.group, names)}`);
    else if (isData(catalogue, dataset)) problems.push(...dataProblems(what, dataset));
    else problems.push(...simulationProblems(what, dataset));
  }
  problems.push(...lonelySimulation(catalogue), ...periodProblems(catalogue));
  if (datasets.some((dataset) => !isData(catalogue, dataset)) && !luminosityIsKnown(catalogue)) {
    problems.push('simulation needs a luminosity: give `experiment.luminosityFb`, or `luminosityFb` of every data dataset');
  }
  return problems;
}

function dataProblems(what: string, dataset: Dataset): string[] {
  const useless = (['crossSectionPb', 'sumOfWeights'] as const).filter((key) => dataset[key] !== undefined);
  const problems = useless.map((key) => `${what} is data and cannot have \`${key}\``);
  if (Array.isArray(dataset.stream)) problems.push(`${what} is data and has one \`stream\``);
  const { files, luminosityFb } = dataset;
  const without = files.filter((file) => file.luminosityFb === undefined);
  if (without.length > 0 && without.length < files.length) {
    const example = without[0]?.path ?? '';
    problems.push(`${what}: ${without.length} of ${files.length} files have no \`luminosityFb\` (${example}); all have one, or none has`);
  }
  const sum = fileLuminosityFb(dataset);
  if (sum !== undefined && luminosityFb !== undefined && Math.abs(sum - luminosityFb) > LUMINOSITY_TOLERANCE * luminosityFb) {
    problems.push(`${what} has \`luminosityFb\` ${luminosityFb}, its files together ${sum}`);
  }
  return problems;
}

/** Published totals are rounded; more than this is another total. */
const LUMINOSITY_TOLERANCE = 0.01;

/** Luminosity of all files of a dataset together, in fb-1; undefined where not all of them have one. */
export function fileLuminosityFb({ files }: Pick<Dataset, 'files'>): number | undefined {
  if (files.length === 0 || files.some(({ luminosityFb }) => luminosityFb === undefined)) return undefined;
  return files.reduce((sum, { luminosityFb = 0 }) => sum + luminosityFb, 0);
}

function simulationProblems(what: string, dataset: Dataset): string[] {
  const { luminosityFb, files, normalisation } = dataset;
  const problems = luminosityFb === undefined ? [] : [`${what} is simulation and cannot have \`luminosityFb\``];
  if (files.some((file) => file.luminosityFb !== undefined))
    problems.push(`${what} is simulation, and its files cannot have \`luminosityFb\``);
  if (normalisation === 'per-event') return problems;
  if (normalisation === 'entries' && dataset.sumOfWeights !== undefined) {
    problems.push(`${what} is normalised by its entries and cannot have \`sumOfWeights\``);
  }
  const needed = normalisation === 'entries' ? (['crossSectionPb'] as const) : (['crossSectionPb', 'sumOfWeights'] as const);
  const missing = needed.filter((key) => dataset[key] === undefined);
  return [...problems, ...missing.map((key) => `${what} is simulation and needs \`${key}\` (or \`normalisation\`: 'per-event')`)];
}

function luminosityIsKnown(catalogue: Catalogue): boolean {
  if (catalogue.experiment.luminosityFb !== undefined) return true;
  const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
  return data.length > 0 && data.every((dataset) => dataset.luminosityFb !== undefined || fileLuminosityFb(dataset) !== undefined);
}

/** Simulation of a stream or period that no data have would be normalised to nothing. */
function lonelySimulation(catalogue: Catalogue): string[] {
  const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
  if (data.length === 0) return [];
  return catalogue.datasets.flatMap((dataset) => {
    if (isData(catalogue, dataset)) return [];
    const { name, period } = dataset;
    const sameTime = data.filter((each) => period === undefined || each.period === period);
    if (sameTime.length === 0) return [`dataset \`${name}\` is of period \`${period}\`, of which there are no data`];
    const lonely = streamsOf(dataset).filter((stream) => !sameTime.some((each) => each.stream === stream));
    return lonely.map((stream) => `dataset \`${name}\` is of stream \`${stream}\`, of which there are no data`);
  });
}

/** The catalogue's luminosity is that of all periods together, and cannot be shared among them. */
function periodProblems(catalogue: Catalogue): string[] {
  const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
  if (new Set(data.map(({ period }) => period)).size < 2) return [];
  const unknown = data.filter((dataset) => dataset.luminosityFb === undefined && fileLuminosityFb(dataset) === undefined);
  return unknown.map(({ name }) => `dataset \`${name}\` needs \`luminosityFb\`: there are data of several periods`);
}

/** The streams that a dataset names; none is not the same as all. */
export function streamsOf({ stream }: Pick<Dataset, 'stream'>): readonly string[] {
  return stream === undefined ? [] : typeof stream === 'string' ? [stream] : stream;
}

function repeated(what: string, names: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set(names.filter((name) => seen.size === seen.add(name).size));
  return [...twice].map((name) => `${what} \`${name}\` is there twice`);
}

/** Last part of a path or URL, without query and fragment. */
export function baseName(path: string): string {
  const end = path.includes('://') ? path.replace(/[?#].*$/, '') : path;
  return end.slice(Math.max(end.lastIndexOf('/'), end.lastIndexOf('\\')) + 1);
}
