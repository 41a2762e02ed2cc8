/**
 * The ROOT classes that we write: what each object's bytes are made from, and what the file's streamer info says about
 * them. One line a class (name, version, checksum, size in memory), then one line a member (kind, name):
 *
 *   base C          a base class
 *   int, short ...  a number; `int*5` a fixed array; `int[fN]` a pointer to fN numbers, fN an earlier member
 *   TString         text
 *   any C, object C an object by value (`object` where it derives from TObject)
 *   inline C        a pointer that is never null, written like an object
 *   pointer C       a pointer: null, a new object with its class, or a reference to one written before
 *
 * Versions and members are those of the 6.x releases before 6.40 (ROOT reads them whatever its own are).
 */
import { UnsupportedError } from '../../errors.ts';

export type NumberType = keyof typeof NUMBER_TYPES;

/** ROOT's code and size in bytes of each number type. `counter` is an int that gives the length of an array. */
export const NUMBER_TYPES = {
  char: { code: 1, size: 1, typeName: 'char' },
  short: { code: 2, size: 2, typeName: 'short' },
  int: { code: 3, size: 4, typeName: 'int' },
  float: { code: 5, size: 4, typeName: 'float' },
  counter: { code: 6, size: 4, typeName: 'int' },
  double: { code: 8, size: 8, typeName: 'double' },
  uchar: { code: 11, size: 1, typeName: 'unsigned char' },
  ushort: { code: 12, size: 2, typeName: 'unsigned short' },
  uint: { code: 13, size: 4, typeName: 'unsigned int' },
  bits: { code: 15, size: 4, typeName: 'unsigned int' },
  long64: { code: 16, size: 8, typeName: 'Long64_t' },
  bool: { code: 18, size: 1, typeName: 'bool' },
} as const;

export interface Member {
  readonly kind: 'base' | 'number' | 'array' | 'counted' | 'string' | 'any' | 'object' | 'inline' | 'pointer';
  readonly name: string;
  /** Of `number`, `array` and `counted`. */
  readonly number: NumberType;
  /** Class of the object or base, if it is one. */
  readonly className: string;
  /** Elements of a fixed array. */
  readonly length: number;
  /** Member that holds the length of a counted array. */
  readonly counter: string;
}

export interface ClassTable {
  readonly name: string;
  readonly version: number;
  readonly checksum: number;
  /** sizeof in ROOT's memory: only told to the reader, who does not need it. */
  readonly size: number;
  readonly members: readonly Member[];
}

const COLLECTIONS = `
TObject 1 901bc02d 16
  uint fUniqueID
  bits fBits
TNamed 1 dfb74a3c 64
  base TObject
  TString fName
  TString fTitle
TString 2 00017419 24
TObjString 1 9c8e4800 40
  base TObject
  TString fString
TCollection 3 57e3cb9c 48
  base TObject
  TString fName
  int fSize
TSeqCollection 0 fc6c3bc6 48
  base TCollection
TList 5 69c5c3bb 80
  base TSeqCollection
THashList 0 cc7e49c1 88
  base TList
TObjArray 3 a99e6552 64
  base TSeqCollection
  int fLowerBound
  int fLast
TArrayD 1 7139ef34 24
TArrayI 1 d9d571c7 24
TAttLine 2 94074549 16
  short fLineColor
  short fLineStyle
  short fLineWidth
TAttFill 2 ffd92a92 16
  short fFillColor
  short fFillStyle
TAttMarker 2 291d8bec 16
  short fMarkerColor
  short fMarkerStyle
  float fMarkerSize
`;

const TREES = `
ROOT::TIOFeatures 1 1aa12f10 1
  uchar fIOBits
TTree 20 7264e07f 0
  base TNamed
  base TAttLine
  base TAttFill
  base TAttMarker
  long64 fEntries
  long64 fTotBytes
  long64 fZipBytes
  long64 fSavedBytes
  long64 fFlushedBytes
  double fWeight
  int fTimerInterval
  int fScanField
  int fUpdate
  int fDefaultEntryOffsetLen
  counter fNClusterRange
  long64 fMaxEntries
  long64 fMaxEntryLoop
  long64 fMaxVirtualSize
  long64 fAutoSave
  long64 fAutoFlush
  long64 fEstimate
  long64[fNClusterRange] fClusterRangeEnd
  long64[fNClusterRange] fClusterSize
  any ROOT::TIOFeatures fIOFeatures
  object TObjArray fBranches
  object TObjArray fLeaves
  pointer TList fAliases
  any TArrayD fIndexValues
  any TArrayI fIndex
  pointer TVirtualIndex fTreeIndex
  pointer TList fFriends
  pointer TList fUserInfo
  pointer TBranchRef fBranchRef
TBranch 13 10978aac 600
  base TNamed
  base TAttFill
  int fCompress
  int fBasketSize
  int fEntryOffsetLen
  int fWriteBasket
  long64 fEntryNumber
  any ROOT::TIOFeatures fIOFeatures
  int fOffset
  counter fMaxBaskets
  int fSplitLevel
  long64 fEntries
  long64 fFirstEntry
  long64 fTotBytes
  long64 fZipBytes
  object TObjArray fBranches
  object TObjArray fLeaves
  object TObjArray fBaskets
  int[fMaxBaskets] fBasketBytes
  long64[fMaxBaskets] fBasketEntry
  long64[fMaxBaskets] fBasketSeek
  TString fFileName
TBranchElement 10 e74f5e63 0
  base TBranch
  TString fClassName
  TString fParentName
  TString fClonesName
  uint fCheckSum
  short fClassVersion
  int fID
  int fType
  int fStreamerType
  int fMaximum
  pointer TBranchElement fBranchCount
  pointer TBranchElement fBranchCount2
TLeaf 2 6d1e8152 112
  base TNamed
  int fLen
  int fLenType
  int fOffset
  bool fIsRange
  bool fIsUnsigned
  pointer TLeaf fLeafCount
TLeafElement 1 a04f8893 0
  base TLeaf
  int fID
  int fType
TLeafB 1 0f1e4b5e 0
  base TLeaf
  char fMinimum
  char fMaximum
TLeafS 1 150ceecf 0
  base TLeaf
  short fMinimum
  short fMaximum
TLeafI 1 7e6aae19 0
  base TLeaf
  int fMinimum
  int fMaximum
TLeafL 1 de320862 0
  base TLeaf
  long64 fMinimum
  long64 fMaximum
TLeafF 1 3add9d72 0
  base TLeaf
  float fMinimum
  float fMaximum
TLeafD 1 118e8776 0
  base TLeaf
  double fMinimum
  double fMaximum
TLeafO 1 02ae48d3 0
  base TLeaf
  bool fMinimum
  bool fMaximum
TLeafC 1 fbe3b2f3 0
  base TLeaf
  int fMinimum
  int fMaximum
`;

const HISTOGRAMS = `
TAttAxis 4 5c6fff3e 48
  int fNdivisions
  short fAxisColor
  short fLabelColor
  short fLabelFont
  float fLabelOffset
  float fLabelSize
  float fTickLength
  float fTitleOffset
  float fTitleSize
  short fTitleColor
  short fTitleFont
TAxis 10 5a496e70 216
  base TNamed
  base TAttAxis
  int fNbins
  double fXmin
  double fXmax
  any TArrayD fXbins
  int fFirst
  int fLast
  ushort fBits2
  bool fTimeDisplay
  TString fTimeFormat
  pointer THashList fLabels
  pointer TList fModLabs
TH1 8 1c3740c4 976
  base TNamed
  base TAttLine
  base TAttFill
  base TAttMarker
  int fNcells
  object TAxis fXaxis
  object TAxis fYaxis
  object TAxis fZaxis
  short fBarOffset
  short fBarWidth
  double fEntries
  double fTsumw
  double fTsumw2
  double fTsumwx
  double fTsumwx2
  double fMaximum
  double fMinimum
  double fNormFactor
  any TArrayD fContour
  any TArrayD fSumw2
  TString fOption
  inline TList fFunctions
  counter fBufferSize
  double[fBufferSize] fBuffer
  int fBinStatErrOpt
  int fStatOverflows
TH1D 3 f9b1569f 0
  base TH1
  base TArrayD
TH2 5 0182347f 1008
  base TH1
  double fScalefactor
  double fTsumwy
  double fTsumwy2
  double fTsumwxy
TH2D 4 7fba82f0 0
  base TH2
  base TArrayD
`;

/** The classes of the streamer info record itself; readers know them by heart. */
const STREAMER_INFO = `
TStreamerInfo 9 00000000 0
  base TNamed
  uint fCheckSum
  int fClassVersion
  pointer TObjArray fElements
TStreamerElement 4 dd0eb253 0
  base TNamed
  int fType
  int fSize
  int fArrayLength
  int fArrayDim
  int*5 fMaxIndex
  TString fTypeName
TStreamerBase 3 092715b0 0
  base TStreamerElement
  int fBaseVersion
TStreamerBasicType 2 f5d5ac4d 0
  base TStreamerElement
TStreamerBasicPointer 2 0318803b 0
  base TStreamerElement
  int fCountVersion
  TString fCountName
  TString fCountClass
TStreamerObject 2 626ac134 0
  base TStreamerElement
TStreamerObjectAny 2 08f7ef50 0
  base TStreamerElement
TStreamerObjectPointer 2 5de72d4b 0
  base TStreamerElement
TStreamerString 2 a0aa915e 0
  base TStreamerElement
`;

const tables = parseTables([COLLECTIONS, TREES, HISTOGRAMS, STREAMER_INFO].join('\n'));

/**
 * Looks a class up.
 * @throws UnsupportedError where we do not write that class
 */
export function classTable(name: string): ClassTable {
  const table = tables.get(name);
  if (table === undefined) throw new UnsupportedError('objects of this class cannot be written', { object: name });
  return table;
}

function parseTables(text: string): Map<string, ClassTable> {
  const found = new Map<string, ClassTable>();
  let members: Member[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(' ');
    if (line.startsWith('  ')) members.push(parseMember(words));
    else if (line !== '') {
      const [name = '', version = '', checksum = '', size = ''] = words;
      members = [];
      found.set(name, { name, version: Number(version), checksum: Number.parseInt(checksum, 16), size: Number(size), members });
    }
  }
  return found;
}

function parseMember(words: readonly string[]): Member {
  const [kind = '', first = '', name = first] = words;
  const empty = { name, number: 'int', className: '', length: 0, counter: '' } as const;
  switch (kind) {
    case 'base':
    case 'any':
    case 'object':
    case 'inline':
    case 'pointer':
      return { ...empty, kind, className: first };
    case 'TString':
      return { ...empty, kind: 'string' };
  }
  const [, number = '', length, counter] = /^(\w+?)(?:\*(\d+)|\[(\w+)\])?$/.exec(kind) ?? [];
  const type = number as NumberType;
  if (length !== undefined) return { ...empty, kind: 'array', number: type, length: Number(length) };
  return counter === undefined ? { ...empty, kind: 'number', number: type } : { ...empty, kind: 'counted', number: type, counter };
}
