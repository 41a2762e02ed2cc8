/**
 * A catalogue says what the files are: which dataset each belongs to, which group of the plot a dataset is in, and what
 * its simulation is normalised by. It is data (JSON), checked here.
 */
import { z } from 'zod';
import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';

const text = z.string().min(1);
const positive = z.number().positive();
const count = z.int().nonnegative();

const experimentSchema = z.strictObject({
  /** "ATLAS", "CMS"; empty when unknown. */
  name: z.string(),
  /** Follows the name on the plot: "Open Data". */
  status: z.string(),
  energyTeV: positive.optional(),
  /** Luminosity of all data of the catalogue, in fb-1. */
  luminosityFb: positive.optional(),
  channel: z.string().default(''),
});

const groupSchema = z.strictObject({
  name: text,
  label: text,
  color: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'must be a colour like #6b59d3'),
  kind: z.enum(['data', 'background', 'signal']),
});

const fileSchema = z.strictObject({
  /** Relative to `baseUrl`. Its last part is what local files are recognised by. */
  path: text,
  /** Where it is, if not at `baseUrl` + `path`. */
  url: text.optional(),
  size: count.optional(),
  entries: count.optional(),
  /** With its kind in front: `adler32:1a80cedf`, `sha256:...`. */
  checksum: z
    .string()
    .regex(/^(adler32|crc32|md5|sha1|sha256):[0-9a-f]+$/)
    .optional(),
});

const datasetSchema = z.strictObject({
  name: text,
  /** Other names that a file name may carry. */
  aliases: z.array(text).default([]),
  group: text,
  /** Dataset number, which file names carry as well: 345060. */
  dsid: count.optional(),
  files: z.array(fileSchema).default([]),
  /** Entries of all its files together. */
  entries: count.optional(),
  crossSectionPb: positive.optional(),
  sumOfWeights: positive.optional(),
  /** Part of the cross section that was generated. */
  filterEfficiency: positive.default(1),
  /** Part of Σw that the files kept when they were reduced. */
  reductionEfficiency: positive.default(1),
  /** Data only: luminosity of this dataset, in fb-1. */
  luminosityFb: positive.optional(),
  /** Datasets of different streams record the same collisions, so that their luminosities do not add. */
  stream: text.optional(),
  /** 'catalogue': cross section and Σw stand here; 'per-event': they are in the weights that the analysis fills. */
  normalisation: z.enum(['catalogue', 'per-event']).default('catalogue'),
});

const catalogueSchema = z.strictObject({
  name: text,
  note: z.string().optional(),
  release: z.string().default(''),
  /** The analysis made for these files. */
  analysis: text.optional(),
  baseUrl: z.string().default(''),
  experiment: experimentSchema,
  /** In stack order, bottom first. */
  groups: z.array(groupSchema).min(1),
  datasets: z.array(datasetSchema).min(1),
});

/** What the files of a release are; see the fields' own comments. */
export type Catalogue = z.output<typeof catalogueSchema>;

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
  const parsed = catalogueSchema.safeParse(value);
  const problems = parsed.success ? contradictions(parsed.data) : parsed.error.issues.map(describeIssue);
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`not a valid catalogue: ${problems.join('; ')}`, { file: place });
  }
  return parsed.data;
}

/** Like `parseCatalogue`, from the text of a JSON file. */
export function parseCatalogueText(json: string, place: string): Catalogue {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new ConfigError(`not JSON: ${(cause as Error).message}`, { file: place, cause });
  }
  return parseCatalogue(value, place);
}

/** For files that no catalogue knows: one data-like group `Events` with one dataset `events`, which takes every file. */
export function plainCatalogue(): Catalogue {
  return parseCatalogue(
    {
      name: 'none',
      experiment: { name: '', status: '' },
      groups: [{ name: 'events', label: 'Events', color: '#000000', kind: 'data' }],
      datasets: [{ name: 'events', group: 'events' }],
    },
    'plain catalogue',
  );
}

/** Where a file is. */
export function fileUrl(catalogue: Catalogue, file: CatalogueFile): string {
  if (file.url !== undefined) return file.url;
  const { baseUrl } = catalogue;
  return baseUrl === '' || baseUrl.endsWith('/') ? baseUrl + file.path : `${baseUrl}/${file.path}`;
}

/** True if the dataset is recorded data, not simulation. */
export function isData(catalogue: Catalogue, dataset: Dataset): boolean {
  return catalogue.groups.find(({ name }) => name === dataset.group)?.kind === 'data';
}

const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(catalogueSchema.shape),
  experiment: Object.keys(experimentSchema.shape),
  groups: Object.keys(groupSchema.shape),
  datasets: Object.keys(datasetSchema.shape),
  files: Object.keys(fileSchema.shape),
};

function describeIssue(issue: z.core.$ZodIssue): string {
  const place = issue.path.reduce<string>(
    (path, key) => (typeof key === 'number' ? `${path}[${key}]` : `${path}${path && '.'}${String(key)}`),
    '',
  );
  const prefix = place === '' ? '' : `${place}: `;
  if (issue.code !== 'unrecognized_keys') return prefix + issue.message;
  const kind = issue.path.findLast((key) => typeof key === 'string') ?? '';
  return issue.keys.map((key) => `${prefix}unknown key \`${key}\`. ${didYouMean(key, KEYS[String(kind)] ?? [])}`).join('; ');
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
      'file name',
      datasets.flatMap(({ files }) => files.map(({ path }) => baseName(path))),
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
  if (datasets.some((dataset) => !isData(catalogue, dataset)) && !luminosityIsKnown(catalogue)) {
    problems.push('simulation needs a luminosity: give `experiment.luminosityFb`, or `luminosityFb` of every data dataset');
  }
  return problems;
}

function dataProblems(what: string, dataset: Dataset): string[] {
  const useless = (['crossSectionPb', 'sumOfWeights'] as const).filter((key) => dataset[key] !== undefined);
  return useless.map((key) => `${what} is data and cannot have \`${key}\``);
}

function simulationProblems(what: string, dataset: Dataset): string[] {
  const problems = dataset.luminosityFb === undefined ? [] : [`${what} is simulation and cannot have \`luminosityFb\``];
  if (dataset.normalisation === 'per-event') return problems;
  const missing = (['crossSectionPb', 'sumOfWeights'] as const).filter((key) => dataset[key] === undefined);
  return [...problems, ...missing.map((key) => `${what} is simulation and needs \`${key}\` (or \`normalisation\`: 'per-event')`)];
}

function luminosityIsKnown(catalogue: Catalogue): boolean {
  if (catalogue.experiment.luminosityFb !== undefined) return true;
  const data = catalogue.datasets.filter((dataset) => isData(catalogue, dataset));
  return data.length > 0 && data.every(({ luminosityFb }) => luminosityFb !== undefined);
}

function repeated(what: string, names: readonly string[]): string[] {
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...twice].map((name) => `${what} \`${name}\` is there twice`);
}

/** Last part of a path or URL, without query and fragment. */
export function baseName(path: string): string {
  const end = path.includes('://') ? path.replace(/[?#].*$/, '') : path;
  return end.slice(Math.max(end.lastIndexOf('/'), end.lastIndexOf('\\')) + 1);
}
