/** ROOT's own classes whose streamers are code, which descriptions do not tell. */
import type { ElementType } from '../column-type.ts';
import type { Member, Node, NumberNode } from './nodes.ts';

/** ROOT's arrays of numbers: their length and the numbers, with no header. */
const ROOT_ARRAYS: Readonly<Record<string, ElementType>> = {
  TArrayC: 'i8',
  TArrayS: 'i16',
  TArrayI: 'i32',
  TArrayL: 'i64',
  TArrayL64: 'i64',
  TArrayF: 'f32',
  TArrayD: 'f64',
};
/** Classes whose streamers are code of their own, which descriptions do not tell. */
const BY_HAND =
  /^(?:TList|THashList|TObjArray|TClonesArray|TMap|TBits|TUUID|TProcessID|TMatrixT\w*<.*>|TCollection|TSeqCollection|TFile|TDirectory\w*|TTree|TBranch\w*|TMethodCall|TGraph\w*|TF1|TFormula)$/;

function number(element: ElementType): NumberNode {
  return { kind: 'number', element };
}

/** An object of such a class, or why it is not read; undefined for a class that its description tells. */
export function streamedByHand(text: string): Node | undefined {
  if (text === 'TObject') return { kind: 'tobject', uniqueId: number('u32'), bits: number('u32') };
  if (text === 'TRef') return { kind: 'tobject', uniqueId: number('u32'), bits: number('u32'), process: number('u16') };
  if (text === 'TDatime') return { kind: 'members', members: [{ name: 'fDatime', cppType: 'unsigned int', node: number('u32') }] };
  if (text === 'TRefArray') return refArray();
  const element = ROOT_ARRAYS[text];
  if (element !== undefined) return { kind: 'list', item: number(element) };
  return BY_HAND.test(text) ? { kind: 'skip', reason: `objects of class ${text} are not read` } : undefined;
}

/** TRefArray: a TObject and a name, how many there are, the first's place, the number of their process, and their unique ids. */
function refArray(): Node {
  const counter = number('i32');
  const member = (name: string | undefined, node: Node): Member => ({ name, cppType: 'TRefArray', node });
  const members = [
    member(undefined, { kind: 'tobject', uniqueId: number('u32'), bits: number('u32') }),
    member('fName', { kind: 'text', length: 'short' }),
    member('fSize', counter),
    member('fLowerBound', number('i32')),
    member('fPID', number('u16')),
    member('fUIDs', { kind: 'counted', counter, bare: true, item: number('u32') }),
  ];
  return { kind: 'object', name: 'TRefArray', is: { version: 1, checksum: undefined }, item: { kind: 'members', members } };
}

/** Bases lend their members to the class; but those that are no classes are members, and one that is not read is named. */
export function baseName(className: string, node: Node): string | undefined {
  if (className in ROOT_ARRAYS) return 'fArray';
  return node.kind === 'skip' ? className : undefined;
}
