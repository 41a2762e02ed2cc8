import { describe, expect, it } from 'vitest';
import { lineOfError } from './line-of-error.ts';

const PROJECT = new URL('../../', import.meta.url);
const OURS = `    at Histogram.fill (${PROJECT.href}shared/histogram/histogram.ts:77:30)`;
const BELOW = `    at async main (file:///home/me/program.ts:3:1)`;

function lineIn(...stack: string[]): string | undefined {
  return lineOfError(Object.assign(new Error('x'), { stack: ['Error: x', ...stack, BELOW].join('\n') }));
}

describe('the line of an error', () => {
  it.each([
    ['a method of a module', '    at Object.process (file:///home/me/mine.ts:17:11)', 'mine.ts:17:11'],
    ['a module itself', '    at file:///home/me/mine.ts:2:18', 'mine.ts:2:18'],
    ['a constructor, under another name', '    at new Cut [as make] (file:///home/me/cuts.js:4:5)', 'cuts.js:4:5'],
    ['a folder with spaces', '    at f (file:///home/me/my%20cuts/mine%20(1).ts:4:5)', 'mine (1).ts:4:5'],
    ['a path, as of `require`', '    at f (/home/me/my cuts/mine.cjs:4:5)', 'mine.cjs:4:5'],
    ['Windows', '    at f (C:\\me\\mine.cjs:4:5)', 'mine.cjs:4:5'],
    ['an example of the project', `    at f (${PROJECT.href}examples/mine.ts:4:5)`, 'mine.ts:4:5'],
  ])('is found in %s', (_, frame, line) => {
    expect(lineIn(frame)).toBe(line);
  });

  it('is the one that called what failed in our code, in a package or in Node', () => {
    const inner = [OURS, '    at Array.map (<anonymous>)', '    at f (node:fs:1:2)', '    at f (file:///home/me/node_modules/x/y.js:1:2)'];
    expect(lineIn(...inner, '    at cut (file:///home/me/cuts.ts:3:4)', '    at process (file:///home/me/mine.ts:9:9)')).toBe(
      'cuts.ts:3:4',
    );
  });

  it('is none where only our code failed, or nothing is known', () => {
    expect(lineIn(OURS)).toBeUndefined();
    expect(lineOfError(new Error('from this test'))).toBeUndefined();
    expect(lineOfError('a text that was thrown')).toBeUndefined();
  });

  it('is the marked one of a syntax error', () => {
    const stack = ['/home/me/syntax.ts:4', "  name: 'x'", '  process() {', '  ^^^^^^^', '', "SyntaxError: Expected ','", OURS];
    expect(lineOfError(Object.assign(new SyntaxError('x'), { stack: stack.join('\n') }))).toBe('syntax.ts:4:3');
  });

  it('is the last one of what ends too early', () => {
    const stack = ['/home/me/syntax.ts:9', '  },', '', 'SyntaxError [ERR_INVALID_TYPESCRIPT_SYNTAX]: Unexpected token `<eof>`', OURS];
    const error = Object.assign(new SyntaxError('x'), { code: 'ERR_INVALID_TYPESCRIPT_SYNTAX', stack: stack.join('\n') });
    expect(lineOfError(error)).toBe('syntax.ts:9:5');
  });
});
