import { type ClassTable, classTable, type Member, NUMBER_TYPES } from './class-tables.ts';
import type { RootObject, Value } from './object-writer.ts';

const POINTER_BYTES = 8;
/** ROOT's element codes that are not those of a number. */
const CODES = {
  base: 0,
  counted: 40,
  string: 65,
  any: 62,
  object: 61,
  inline: 63,
  pointer: 64,
  array: 20,
  TObject: 66,
  TNamed: 67,
} as const;

/**
 * The file's streamer info: a TList with one TStreamerInfo for each class that was written and for its bases, so that
 * any version of ROOT can read the objects.
 */
export function streamerInfoList(classNames: Iterable<string>): RootObject {
  const items = [...withBases(classNames)].filter((name) => !name.startsWith('TArray')).map((name) => streamerInfo(classTable(name)));
  return { className: 'TList', members: {}, items };
}

function withBases(classNames: Iterable<string>): Set<string> {
  const all = new Set<string>();
  const add = (name: string): void => {
    if (all.has(name)) return;
    all.add(name);
    for (const member of classTable(name).members) if (member.kind === 'base') add(member.className);
  };
  for (const name of classNames) add(name);
  return all;
}

function streamerInfo(table: ClassTable): RootObject {
  const elements = { className: 'TObjArray', members: {}, items: table.members.map((member) => streamerElement(table, member)) };
  const members = { fName: table.name, fCheckSum: table.checksum, fClassVersion: table.version, fElements: elements };
  return { className: 'TStreamerInfo', members };
}

function streamerElement(owner: ClassTable, member: Member): RootObject {
  const { kind, name, number } = member;
  const { code, size, typeName } = NUMBER_TYPES[number];
  const basic = { fName: name, fType: code as number, fSize: size as number, fTypeName: typeName as string, fMaxIndex: [0, 0, 0, 0, 0] };
  switch (kind) {
    case 'number':
      return { className: 'TStreamerBasicType', members: basic };
    case 'array': {
      const { length } = member;
      const shape = {
        fType: code + CODES.array,
        fSize: size * length,
        fArrayLength: length,
        fArrayDim: 1,
        fMaxIndex: [length, 0, 0, 0, 0],
      };
      return { className: 'TStreamerBasicType', members: { ...basic, ...shape } };
    }
    case 'counted': {
      const count = { fCountVersion: owner.version, fCountName: member.counter, fCountClass: owner.name };
      const pointer = { fType: code + CODES.counted, fSize: POINTER_BYTES, fTypeName: `${typeName}*`, fTitle: `[${member.counter}]` };
      return { className: 'TStreamerBasicPointer', members: { ...basic, ...pointer, ...count } };
    }
    case 'string':
      return { className: 'TStreamerString', members: { ...basic, fType: CODES.string, fSize: 24, fTypeName: 'TString' } };
    default:
      return objectElement(member, basic);
  }
}

function objectElement({ kind, name, className }: Member, basic: Record<string, Value>): RootObject {
  if (kind === 'pointer' || kind === 'inline') {
    const pointer = { fType: CODES[kind], fSize: POINTER_BYTES, fTypeName: `${className}*`, fTitle: kind === 'inline' ? '->' : '' };
    return { className: 'TStreamerObjectPointer', members: { ...basic, ...pointer } };
  }
  const { version, checksum, size } = classTable(className);
  if (kind === 'base') {
    const fType = className === 'TObject' || className === 'TNamed' ? CODES[className] : CODES.base;
    const base = { fName: className, fType, fSize: size, fTypeName: 'BASE', fMaxIndex: [0, checksum, 0, 0, 0], fBaseVersion: version };
    return { className: 'TStreamerBase', members: { ...basic, ...base } };
  }
  const members = { ...basic, fName: name, fType: kind === 'any' ? CODES.any : CODES.object, fSize: size, fTypeName: className };
  return { className: kind === 'any' ? 'TStreamerObjectAny' : 'TStreamerObject', members };
}
