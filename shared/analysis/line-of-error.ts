/** Where in a user's file something went wrong. Types are taken out in place, so lines and columns are those of the file. */
import { isUsersFile, pathOf } from './users-files.ts';

/** `    at Object.process (file:///home/me/mine.ts:17:11)`, also without a name; what waits for a promise is no part of the analysis. */
const FRAME = /^ +at (?!async )(?:.*? \()?(.+):(\d+):(\d+)\)?$/;

/** The line with its place in the file: `mine.ts:17:11`; undefined where the error tells of none outside of higgsflow. */
export function lineOfError(error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lineOfSyntax(stack) ?? lineOfEnd(error, stack) ?? stack.map(lineOfFrame).find((line) => line !== undefined);
}

/** What ends too early has its last line in the stack, and no `^`. */
function lineOfEnd(error: unknown, [place = '', text = '']: readonly string[]): string | undefined {
  if (!(error instanceof SyntaxError && 'code' in error && error.code === 'ERR_INVALID_TYPESCRIPT_SYNTAX')) return undefined;
  const [, file, line] = PLACE.exec(place) ?? [];
  return file === undefined ? undefined : placeIn(file, `${line}:${text.length + 1}`);
}

const PLACE = /^(.+):(\d+)$/;

/** Node begins the stack of a syntax error with the place, and with the lines around it: `^` is below the right one. */
export function lineOfSyntax(stack: readonly string[]): string | undefined {
  const [, file, line] = PLACE.exec(stack[0] ?? '') ?? [];
  const mark = stack.findIndex((text) => /^\s*\^+$/.test(text));
  if (file === undefined || mark < 0) return undefined;
  return placeIn(file, `${line}:${(stack[mark]?.indexOf('^') ?? 0) + 1}`);
}

function lineOfFrame(text: string): string | undefined {
  const [, file = 'node:', line, column] = FRAME.exec(text) ?? [];
  return placeIn(file, `${line}:${column}`);
}

function placeIn(file: string, place: string): string | undefined {
  if (!isUsersFile(file)) return undefined;
  const path = pathOf(file);
  return `${path.slice(path.lastIndexOf('/') + 1)}:${place}`;
}
