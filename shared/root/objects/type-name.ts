/** Names of C++ types, as files have them: `map<int,vector<string> >`, `const TLorentzVector*`. */

/** A type: its name without `std::`, its template arguments, and how many pointers it stands behind. */
export interface TypeName {
  readonly name: string;
  readonly args: readonly TypeName[];
  readonly pointers: number;
  /** As text, in the form that all names have that mean the same. */
  readonly text: string;
}

const MOST_LEVELS = 32;

/** Names seen lately: the branches of a tree share a few types. */
const known = new Map<string, TypeName | undefined>();
const MOST_KNOWN = 4096;

/** Takes a type's name apart; undefined where it is none, or nests deeper than any sensible type. */
export function parseTypeName(text: string): TypeName | undefined {
  if (known.has(text)) return known.get(text);
  const type = parse(text, 0);
  if (known.size === MOST_KNOWN) known.clear();
  known.set(text, type);
  return type;
}

function parse(text: string, level: number): TypeName | undefined {
  const bare = text.replace(/\b(?:const|struct|class|enum)\s+/g, '').trim();
  const stars = /[\s*&]*$/.exec(bare)?.[0] ?? '';
  const pointers = stars.replaceAll(/\s/g, '').length;
  const whole = bare.slice(0, bare.length - stars.length);
  const open = whole.indexOf('<');
  if (level > MOST_LEVELS || whole === '' || stars.includes('&')) return undefined;
  if (open < 0) return type(plainName(whole), [], pointers);
  if (!whole.endsWith('>')) return undefined;
  const args = splitArguments(whole.slice(open + 1, -1))?.map((argument) => parse(argument, level + 1));
  if (args === undefined || args.some((argument) => argument === undefined)) return undefined;
  return type(plainName(whole.slice(0, open)), args as TypeName[], pointers);
}

function type(name: string, args: readonly TypeName[], pointers: number): TypeName {
  const template = args.length === 0 ? '' : `<${args.map((argument) => argument.text).join(',')}>`;
  return { name, args, pointers, text: `${name}${template}${'*'.repeat(pointers)}` };
}

function plainName(name: string): string {
  return name
    .trim()
    .replace(/^(?:std::|::)+/, '')
    .replace(/^__cxx11::/, '')
    .replaceAll(/\s+/g, ' ');
}

/** Parts between the commas that stand in no angle brackets. */
function splitArguments(text: string): string[] | undefined {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '<' || text[i] === '(') depth++;
    else if (text[i] === '>' || text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
    if (depth < 0) return undefined;
  }
  return depth === 0 ? [...parts, text.slice(start)] : undefined;
}
