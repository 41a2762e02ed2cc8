import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findSyntaxError } from './check-syntax.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'syntax-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it('finds the line that is no JavaScript, in the file that it is in', () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return pathToFileURL(join(folder, name)).href;
  };
  const typed = write('typed.ts', 'export const bins: number = 4;');
  const right = write('right.mjs', "import { bins } from './typed.ts';\nexport const more = bins;");
  const wrong = write('wrong cuts.js', "export const analysis = {\n  name: 'x',\n  tree 'mini',\n};");
  expect(findSyntaxError([typed, right, wrong])).toBe('wrong cuts.js:3:8');
  expect(findSyntaxError([typed, right])).toBeUndefined();
});
