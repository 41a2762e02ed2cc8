/**
 * Lists of files as plain text, one a line, in the form of higgs-demo's `*_file_index.txt`: `s3/bucket/path/of/a/file.root`.
 * URLs, absolute paths and paths relative to the list will do as well; `#` begins a comment. What is known of a file may follow:
 * `size=123 entries=45 checksum=adler32:1a80cedf luminosityFb=0.01`.
 */
import { didYouMean } from '../did-you-mean.ts';
import { ConfigError } from '../errors.ts';
import { baseName, type CatalogueFile, isChecksum } from './catalogue.ts';

/** A list of files that belong to one dataset. */
export interface FileList {
  /** The dataset's name as the list's own name tells it, see `listDataset`. */
  readonly name: string;
  /** Path of the list, for errors and patterns. */
  readonly path: string;
  /** Addresses: URLs, or paths. */
  readonly files: readonly string[];
  readonly facts?: ListFacts | undefined;
}

/** What lists tell of files, by address; files of which they tell nothing are not there. */
export type ListFacts = Readonly<Record<string, Pick<CatalogueFile, 'size' | 'entries' | 'checksum' | 'luminosityFb'>>>;

/** Storage aliases that may begin a line, with the scheme that each stands for. */
const ALIASES: Readonly<Record<string, string>> = { s3: 's3', gs: 'gs', gcs: 'gs' };

/** True for a path that names a list of files, by its ending. */
export function isListPath(path: string): boolean {
  return !path.includes('://') && /\.(txt|list)$/i.test(path);
}

/**
 * The dataset that a list is of. CMS lists lose what does not tell one dataset from another (`CMS_MonteCarlo2011_`, the tier
 * with all that follows it); of other lists only the ending goes, and the number of a block.
 *
 * @example
 * listDataset('x/CMS_Run2012B_DoubleMuParked_AOD_22Jan2013-v1_20002_file_index.txt'); // Run2012B_DoubleMuParked
 * listDataset('toy_data_A_file_index.txt'); // toy_data_A
 */
export function listDataset(path: string): string {
  return listVersion(path).replace(/_AOD(SIM)?_.*$/, '');
}

/** Like `listDataset`, with tier and campaign: lists of one dataset must not differ in it. */
export function listVersion(path: string): string {
  const name = baseName(path).replace(/(_file_index)?\.(txt|list)$/i, '');
  const short = name.replace(/_\d{5,6}$/, '').replace(/^CMS_(MonteCarlo\d{4}_)?/, '');
  return short === '' ? name : short;
}

/**
 * The files of a list, in its order.
 * @param place the list's path, for errors
 * @throws ConfigError naming `place:line` of whatever is no address, and of a file that is there twice
 */
export function parseFileList(text: string, place: string): { readonly files: readonly string[]; readonly facts: ListFacts } {
  const seen = new Map<string, number>();
  const facts: Record<string, ListFacts[string]> = {};
  for (const [i, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const at = { file: `${place}:${i + 1}` };
    const [location, told] = withoutFacts(line, at);
    const address = addressOf(location, at);
    const first = seen.get(address);
    if (first !== undefined) throw new ConfigError(`the file of line ${first} again: it would be counted twice`, at);
    seen.set(address, i + 1);
    if (told !== undefined) facts[address] = told;
  }
  if (seen.size === 0) throw new ConfigError('the list names no file', { file: place });
  return { files: [...seen.keys()], facts };
}

const count = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);
const FACTS: Readonly<Record<string, (text: string) => number | string | undefined>> = {
  size: count,
  entries: count,
  checksum: (text) => (isChecksum(text) ? text : undefined),
  luminosityFb: (text) => (/^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : undefined),
};

/** A line without the `key=value` at its end, and what these say. */
function withoutFacts(line: string, at: { readonly file: string }): [string, ListFacts[string] | undefined] {
  const facts: Record<string, number | string> = {};
  let rest = line;
  for (;;) {
    const [all = '', key = '', text = ''] = /\s+(\w+)=(\S*)$/.exec(rest) ?? [];
    if (all === '') return [rest, rest === line ? undefined : facts];
    const read = Object.hasOwn(FACTS, key) ? FACTS[key] : undefined;
    if (read === undefined) throw new ConfigError(`lists do not tell \`${key}\``, { ...at, hint: didYouMean(key, Object.keys(FACTS)) });
    const value = read(text);
    if (value === undefined) throw new ConfigError(`\`${all.trim()}\` is no ${key}`, { ...at, hint: FORM });
    facts[key] = value;
    rest = rest.slice(0, -all.length);
  }
}

const FORM = 'A line is one file: s3/bucket/path/file.root, a URL, or a path; size=, entries=, checksum= and luminosityFb= may follow.';

function addressOf(line: string, at: { readonly file: string }): string {
  if (line.length > MAX_LENGTH) throw new ConfigError(`the line has ${line.length} characters`, { ...at, hint: FORM });
  // Control characters are the mark of a file that is no text; they would also make lines of logs and terminals.
  if (/\p{Cc}/u.test(line)) throw new ConfigError('the line is not plain text', { ...at, hint: FORM });
  if (/[/:]$/.test(line)) throw new ConfigError(`\`${line}\` names no file`, { ...at, hint: FORM });
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(line)) return line;
  const [alias = '', bucket, ...key] = line.split('/');
  const scheme = Object.hasOwn(ALIASES, alias) ? ALIASES[alias] : undefined;
  if (scheme === undefined || bucket === undefined) return line;
  if (bucket === '' || key.join('') === '') throw new ConfigError(`\`${line}\` has no bucket or no path in it`, { ...at, hint: FORM });
  return `${scheme}://${bucket}/${key.join('/')}`;
}

const MAX_LENGTH = 4000;

/**
 * Lists with the same name as one dataset each, in the order of their names.
 * @throws ConfigError where two lists name different versions of a dataset, or the same file
 */
export function mergeLists(lists: readonly FileList[]): FileList[] {
  const merged = new Map<string, { path: string; files: string[]; facts: Record<string, ListFacts[string]> }>();
  const owner = new Map<string, FileList>();
  for (const list of lists) {
    const known = merged.get(list.name);
    if (known !== undefined && listVersion(known.path) !== listVersion(list.path)) throw twoVersions(list, known.path);
    const into = known ?? { path: list.path, files: [], facts: {} };
    merged.set(list.name, into);
    Object.assign(into.facts, list.facts);
    for (const file of list.files) {
      const other = owner.get(file);
      if (other !== undefined) throw sameFile(file, list, other);
      owner.set(file, list);
      into.files.push(file);
    }
  }
  return [...merged].map(([name, rest]) => ({ name, ...rest })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function twoVersions(list: FileList, other: string): ConfigError {
  return new ConfigError(`it is another version of dataset ${list.name} than ${baseName(other)}`, {
    file: list.path,
    hint: 'The same events would be counted twice: choose one by --dataset-pattern.',
  });
}

function sameFile(file: string, list: FileList, other: FileList): ConfigError {
  return new ConfigError(`it names ${file}, as ${other.path} does`, {
    file: list.path,
    hint: 'A file is counted once: take one of the lists.',
  });
}
