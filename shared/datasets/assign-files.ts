/** Which dataset a given file belongs to. */
import { nearMisses } from '../near-misses.ts';
import { baseName, type Catalogue, type CatalogueFile, type Dataset, fileUrl } from './catalogue.ts';

/** A path with its dataset; `file` where the catalogue lists it by name. */
export interface AssignedFile {
  readonly path: string;
  readonly dataset: string;
  readonly file?: CatalogueFile;
}

/** Every path given is in exactly one of the four lists, each in the order given. */
export interface FileAssignment {
  readonly assigned: readonly AssignedFile[];
  /** Paths that no dataset claims, with the names of catalogue files that look similar. */
  readonly unmatched: readonly { readonly path: string; readonly nearest: readonly string[] }[];
  /** Paths that more than one dataset claims. */
  readonly ambiguous: readonly { readonly path: string; readonly datasets: readonly string[] }[];
  /** Paths of a catalogue file that was there already, in another folder: counting it twice would be wrong. */
  readonly repeated: readonly { readonly path: string; readonly first: string }[];
}

/**
 * Finds the dataset of each path or URL: by the exact file name of a catalogue file (by its whole path where two have the same
 * name), or by the list that names it, or by a dataset's number, name or alias as a whole word of the file name
 * (`toy_data_A.root`, `mc_345060.ggH125_ZZ4lep.4lep.root`); where these say nothing, by a dataset's name or alias as a folder, or
 * folders, of the path (`.../Run2012B/DoubleMuParked/...`). Where one name found lies inside another (`Zee` in `Zee_BFilter`)
 * the longer one counts. Where list and name disagree the path is ambiguous. A catalogue with a single dataset that lists no
 * files takes every file.
 * @param listed dataset of the list that a path was in
 */
export function assignFiles(
  catalogue: Catalogue,
  paths: readonly string[],
  listed: ReadonlyMap<string, string> = new Map(),
): FileAssignment {
  const known = knownFiles(catalogue);
  const datasetOfList = memoised((name: string) => datasetsNamedIn(catalogue, name));
  const [only, ...others] = catalogue.datasets;
  const takesAll = only !== undefined && others.length === 0 && only.files.length === 0 ? [only.name] : undefined;
  const first = new Map<CatalogueFile, string>();
  const assigned: AssignedFile[] = [];
  const unmatched: { path: string; nearest: string[] }[] = [];
  const ambiguous: { path: string; datasets: string[] }[] = [];
  const repeated: { path: string; first: string }[] = [];
  for (const path of paths) {
    const name = baseName(path);
    const list = listed.get(path);
    const told = list === undefined ? [] : datasetOfList(list);
    const exact = pickFile(catalogue, known.get(name) ?? [], path);
    const datasets = takesAll ?? [...new Set([...told, ...(exact === undefined ? datasetsNamedIn(catalogue, name) : [exact.dataset])])];
    const [dataset] = datasets.length > 0 ? datasets : datasetsOfFolders(catalogue, path);
    const earlier = exact === undefined ? undefined : first.get(exact.file);
    // Comparing names costs much, and nobody reads thousands of hints.
    if (dataset === undefined) unmatched.push({ path, nearest: unmatched.length < HINTS ? nearMisses(name, known.keys()) : [] });
    else if (datasets.length > 1) ambiguous.push({ path, datasets });
    else if (earlier !== undefined) repeated.push({ path, first: earlier });
    else {
      if (exact !== undefined) first.set(exact.file, path);
      assigned.push({ path, dataset, ...(exact === undefined ? {} : { file: exact.file }) });
    }
  }
  return { assigned, unmatched, ambiguous, repeated };
}

/** Files of a dataset that are not in a run. */
export interface OtherFiles {
  /** Of those whose entries the catalogue tells. */
  readonly entries: number;
  /** How many the others are. */
  readonly unknown: number;
}

/**
 * The catalogue's files of a dataset beside those at `paths`: Σw and luminosity stand for all of them. Files under other names (toy
 * samples, skims) stand for the whole dataset.
 */
export function otherFiles(catalogue: Catalogue, dataset: Dataset, paths: readonly string[]): OtherFiles {
  const left = knownFiles({ ...catalogue, datasets: [dataset] });
  // Those that are named by their whole path take theirs first: others of the same name are one of what remains.
  const rest = paths.filter((path) => {
    const candidates = left.get(baseName(path)) ?? [];
    const file = candidates.length < 2 ? undefined : pickFile(catalogue, candidates, path);
    if (file !== undefined) candidates.splice(candidates.indexOf(file), 1);
    return file === undefined;
  });
  for (const path of rest) left.get(baseName(path))?.shift();
  const others = [...left.values()].flat();
  if (others.length === dataset.files.length) return { entries: 0, unknown: 0 };
  const told = others.flatMap(({ file: { entries } }) => (entries === undefined ? [] : [entries]));
  return { entries: told.reduce((sum, entries) => sum + entries, 0), unknown: others.length - told.length };
}

/** Unmatched paths for which similar names are looked up. */
const HINTS = 10;

interface KnownFile {
  readonly dataset: string;
  readonly file: CatalogueFile;
}

/** By the last part of the path. */
function knownFiles(catalogue: Catalogue): Map<string, KnownFile[]> {
  const known = new Map<string, KnownFile[]>();
  for (const { name: dataset, files } of catalogue.datasets) {
    for (const file of files) {
      const name = baseName(file.path);
      const same = known.get(name);
      if (same === undefined) known.set(name, [{ dataset, file }]);
      else same.push({ dataset, file });
    }
  }
  return known;
}

/** The catalogue file that a path is: the only one of its name, or the one whose whole path it ends with. */
function pickFile(catalogue: Catalogue, candidates: readonly KnownFile[], path: string): KnownFile | undefined {
  if (candidates.length < 2) return candidates[0];
  const whole = candidates.filter(({ file }) => fileUrl(catalogue, file) === path || path.endsWith(`/${file.path}`));
  return whole.length === 1 ? whole[0] : undefined;
}

/** Datasets of which a name or alias is a folder of the path, or several folders in a row. */
function datasetsOfFolders(catalogue: Catalogue, path: string): string[] {
  const folders = path.slice(0, path.length - baseName(path).length);
  const found = catalogue.datasets.filter(({ name, aliases }) => [name, ...aliases].some((each) => folders.includes(`/${each}/`)));
  return found.map(({ name }) => name);
}

function memoised<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}

interface Found {
  readonly dataset: string;
  readonly from: number;
  readonly to: number;
}

/** Datasets whose number, name or alias is a whole word of a name; of two that overlap the longer one. */
export function datasetsNamedIn(catalogue: Catalogue, name: string): string[] {
  const found: Found[] = catalogue.datasets.flatMap(({ name: dataset, aliases, dsid }) =>
    [dataset, ...aliases, ...(dsid === undefined ? [] : [String(dsid)])]
      .flatMap((word) => placesOf(word, name))
      .map(([from, to]) => ({ dataset, from, to })),
  );
  const outermost = found.filter((a) => !found.some((b) => b.from <= a.from && a.to <= b.to && b.to - b.from > a.to - a.from));
  return [...new Set(outermost.map(({ dataset }) => dataset))];
}

/** Where `word` stands in `name` with no letter or digit on either side. */
function placesOf(word: string, name: string): [from: number, to: number][] {
  const places: [number, number][] = [];
  for (let from = name.indexOf(word); from !== -1; from = name.indexOf(word, from + 1)) {
    const to = from + word.length;
    if (!/[A-Za-z0-9]/.test(name[from - 1] ?? '') && !/[A-Za-z0-9]/.test(name[to] ?? '')) places.push([from, to]);
  }
  return places;
}
