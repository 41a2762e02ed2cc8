/** A job that every peer does alike: the same columns, cuts and histogram over the same file. */
export interface BenchCase {
  readonly analysis: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly isData: boolean;
  /** Files of the case are `<files>_<codec>.root`. */
  readonly files: string;
  readonly peers: readonly string[];
}

export const CASES = {
  'atlas-hzz': {
    analysis: 'atlas-hzz-2020',
    parameters: {},
    isData: false,
    files: 'atlas',
    peers: ['uproot', 'rdf', 'reader'],
  },
  'cms-dimuon': {
    analysis: 'cms-dimuon',
    parameters: { minMet: 20 },
    isData: true,
    files: 'cms',
    peers: ['uproot', 'coffea', 'rdf', 'reader'],
  },
} as const satisfies Record<string, BenchCase>;

export type CaseName = keyof typeof CASES;

export const CODECS = ['zlib', 'lz4', 'zstd', 'lzma'] as const;
