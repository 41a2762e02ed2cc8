/** Which dataset a given file belongs to. */
import { nearMisses } from '../near-misses.ts';
import { baseName, type Catalogue, type CatalogueFile, type Dataset } from './catalogue.ts';

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
 * Finds the dataset of each path or URL: by the exact file name of a catalogue file, otherwise by a dataset's number, name
 * or alias as a whole word of the file name (`toy_data_A.root`, `mc_345060.ggH125_ZZ4lep.4lep.root`). Where one name found
 * lies inside another (`Zee` in `Zee_BFilter`) the longer one counts. A catalogue with a single dataset that lists no
 * files takes every file.
 */
export function assignFiles(catalogue: Catalogue, paths: readonly string[]): FileAssignment {
  const listed = listedFiles(catalogue);
  const [only, ...others] = catalogue.datasets;
  const takesAll = only !== undefined && others.length === 0 && only.files.length === 0 ? only.name : undefined;
  const first = new Map<string, string>();
  const assigned: AssignedFile[] = [];
  const unmatched: { path: string; nearest: string[] }[] = [];
  const ambiguous: { path: string; datasets: string[] }[] = [];
  const repeated: { path: string; first: string }[] = [];
  for (const path of paths) {
    const name = baseName(path);
    const exact = listed.get(name);
    const earlier = first.get(name);
    if (exact !== undefined && earlier !== undefined) repeated.push({ path, first: earlier });
    else if (exact !== undefined) {
      first.set(name, path);
      assigned.push({ path, ...exact });
    } else {
      const datasets = takesAll === undefined ? datasetsNamedIn(catalogue, name) : [takesAll];
      const [dataset] = datasets;
      if (dataset === undefined) unmatched.push({ path, nearest: nearMisses(name, listed.keys()) });
      else if (datasets.length > 1) ambiguous.push({ path, datasets });
      else assigned.push({ path, dataset });
    }
  }
  return { assigned, unmatched, ambiguous, repeated };
}

/**
 * Entries that all files of a dataset have together: those of the files of this run, as read, and those that the catalogue
 * tells of its other files. This, not the entries of the run alone, is what Σw and luminosity stand for.
 * `unknown` are catalogue files that are not in the run and whose entries the catalogue does not say: the dataset cannot be
 * normalised rightly without them, so tell the user.
 */
export function expectedEntries(
  dataset: Dataset,
  files: readonly { readonly path: string; readonly entries: number }[],
): { readonly entries: number; readonly unknown: readonly string[] } {
  const given = new Set(files.map(({ path }) => baseName(path)));
  const isListed = dataset.files.some((file) => given.has(baseName(file.path)));
  const read = files.reduce((sum, { entries }) => sum + entries, 0);
  // Files under other names (toy samples, skims) stand for the whole dataset.
  const missing = isListed ? dataset.files.filter((file) => !given.has(baseName(file.path))) : [];
  const told = missing.reduce((sum, file) => sum + (file.entries ?? 0), 0);
  return { entries: read + told, unknown: missing.filter((file) => file.entries === undefined).map(({ path }) => path) };
}

function listedFiles(catalogue: Catalogue): Map<string, { dataset: string; file: CatalogueFile }> {
  return new Map(catalogue.datasets.flatMap(({ name, files }) => files.map((file) => [baseName(file.path), { dataset: name, file }])));
}

interface Found {
  readonly dataset: string;
  readonly from: number;
  readonly to: number;
}

function datasetsNamedIn(catalogue: Catalogue, name: string): string[] {
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
