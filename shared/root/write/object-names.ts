/** Names that ROOT and uproot find again: `/` is the path's, `;` begins a cycle, `:` ends the name of a file. */

/** What no name may hold; control characters too, which nobody can type. */
const FOREIGN = /[/;:\p{Cc}]/gu;

/** True for a name by which an object or directory in a ROOT file can be asked for. */
export function isObjectName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && name.search(FOREIGN) < 0;
}

/**
 * A name in a directory of a ROOT file for each of `names`, which differ: those that can be asked for stay as they are. In
 * others `_` takes the place of what is foreign, with a number behind it where that name is there already. The same names in
 * the same order give the same result.
 */
export function objectNames(names: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set(names.filter(isObjectName));
  return new Map(names.map((name) => [name, isObjectName(name) ? name : claim(replaced(name), taken)]));
}

function replaced(name: string): string {
  const plain = name.replaceAll(FOREIGN, '_');
  return isObjectName(plain) ? plain : plain.replaceAll('.', '_') || '_';
}

function claim(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 2; taken.has(name); number++) name = `${wanted}_${number}`;
  taken.add(name);
  return name;
}
