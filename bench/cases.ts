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
    peers: ['higgsflow-data', 'uproot', 'rdf', 'reader', 'jsroot', 'c-limit'],
  },
  'cms-dimuon': {
    analysis: 'cms-dimuon',
    parameters: { minMet: 20 },
    isData: true,
    files: 'cms',
    peers: ['higgsflow-data', 'uproot', 'coffea', 'rdf', 'reader', 'jsroot', 'c-limit'],
  },
} as const satisfies Record<string, BenchCase>;

export type CaseName = keyof typeof CASES;

/** A decoder alone, over the blocks that a case reads. */
export interface CodecCase {
  readonly blocksOf: CaseName;
  readonly codec: string;
  readonly peers: readonly string[];
}

export const CODEC_CASES = {
  'codec-zl': { blocksOf: 'atlas-hzz', codec: 'zlib', peers: ['c-limit'] },
  'codec-l4': { blocksOf: 'atlas-hzz', codec: 'lz4', peers: ['c-limit'] },
  'codec-zs': { blocksOf: 'atlas-hzz', codec: 'zstd', peers: ['c-limit'] },
  'codec-xz': { blocksOf: 'atlas-hzz', codec: 'lzma', peers: ['c-limit'] },
} as const satisfies Record<string, CodecCase>;

export type CodecCaseName = keyof typeof CODEC_CASES;

/** How often a codec case decodes its blocks. */
export const CODEC_TURNS = 3;

export const CODECS = ['zlib', 'lz4', 'zstd', 'lzma'] as const;
