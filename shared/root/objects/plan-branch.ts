/** Branches of strings, collections and objects -> the nodes of an entry. */
import { list, type Members, number, text } from '../members.ts';
import type { RootObject } from '../object-reader.ts';
import type { StreamerCatalogue, StreamerElement, StreamerInfo } from '../streamer-info.ts';
import type { Node } from './nodes.ts';
import { planLeaves } from './plan-leaves.ts';
import { type TypePlanner, Unplanned } from './plan-types.ts';
import { parseTypeName, type TypeName } from './type-name.ts';

/** What a branch holds, or why it is not read. */
export type BranchPlan = { readonly cppType: string; readonly root: Node } | { readonly cppType: string; readonly unsupported: string };

/** Plans a branch that holds data. */
export function planBranch(branch: RootObject, streamers: StreamerCatalogue, planner: TypePlanner): BranchPlan {
  let cppType = text(branch.members, 'fClassName') || branch.className;
  planner.restart();
  try {
    if (branch.className === 'TBranch') return planLeaves(branch);
    if (branch.className === 'TBranchObject') return { cppType, root: namedObject(branch, planner) };
    const { members } = branch;
    const kind = number(members, 'fType');
    const id = number(members, 'fID');
    if (kind < 0 || id < 0) return { cppType, root: wholeObject(members, kind, streamers, planner) };
    const member = memberOf(members, streamers);
    cppType = member.cppType;
    const root = member.plan(planner);
    return { cppType, root: kind === 31 || kind === 41 ? { kind: 'rest', item: root } : root };
  } catch (error) {
    if (error instanceof Unplanned) return { cppType, unsupported: error.message };
    throw error;
  }
}

/** TBranchObject: behind the name of its class, where that may be another than the branch says. */
function namedObject({ members }: RootObject, planner: TypePlanner): Node {
  const name = text(members, 'fClassName');
  const item = planner.classObject(name);
  if (item.kind === 'skip') throw new Unplanned(item.reason);
  return number(list(members, 'fLeaves')[0]?.members ?? {}, 'fVirtual') === 0 ? item : { kind: 'named', name, item };
}

/** A branch of objects that are not split. Its members follow each other with no header, unless the class streams itself. */
function wholeObject(members: Members, kind: number, streamers: StreamerCatalogue, planner: TypePlanner): Node {
  const name = text(members, 'fClassName');
  const type = parseTypeName(name);
  if (type === undefined) throw new Unplanned(`${name} is not read`);
  if (type.text === 'string') return planner.value(type);
  const node = planner.member(type);
  if (node.kind === 'skip') throw new Unplanned(node.reason);
  if (kind < 0 || node.kind !== 'object') return node;
  if (type.name === 'pair' || type.name === 'array') return node.item;
  return planner.members(infoOf(members, streamers));
}

/** The description of a branch's class at the version that it was written with. */
function infoOf(members: Members, streamers: StreamerCatalogue): StreamerInfo {
  const className = text(members, 'fClassName');
  const version = number(members, 'fClassVersion');
  const info = streamers.findByChecksum(className, number(members, 'fCheckSum')) ?? streamers.find(className, version);
  if (info?.version === version) return info;
  throw new Unplanned(`the file does not describe class ${className} version ${version}`);
}

interface MemberPlan {
  readonly cppType: string;
  readonly plan: (planner: TypePlanner) => Node;
}

/** The member of its class that a branch holds. */
function memberOf(members: Members, streamers: StreamerCatalogue): MemberPlan {
  const pair = parseTypeName(text(members, 'fClassName'));
  const id = number(members, 'fID');
  if (pair?.name === 'pair' && pair.args.length === 2) {
    const type = pair.args[id] as TypeName | undefined;
    if (type !== undefined) return { cppType: type.text, plan: (planner) => planner.member(type) };
  }
  const element = elementOf(infoOf(members, streamers), id, text(members, 'fName'));
  const plan = (planner: TypePlanner) => (isAlone(members) ? planner.countedElsewhere(element) : undefined) ?? planner.element(element);
  return { cppType: element.typeName, plan };
}

/** True for the member of one object, not of all that a split collection has. */
function isAlone(members: Members): boolean {
  return number(members, 'fType') === 0;
}

/** The element at a place, if it has the name of the branch; or the one that has. */
function elementOf({ className, elements }: StreamerInfo, id: number, branchName: string): StreamerElement {
  const name = /([^.]*?)(?:\[[^\]]*\])*\.?$/.exec(branchName)?.[1];
  const found = elements[id]?.name === name ? elements[id] : elements.find((element) => element.name === name);
  if (found === undefined) throw new Unplanned(`class ${className} has no member ${name}`);
  return found;
}
