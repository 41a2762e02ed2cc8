import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { forShell } from './for-shell.ts';

describe('forShell', () => {
  it('leaves words as they are that a shell does not touch', () => {
    expect(['out/run-1', '/tmp/a_b.c'].map((word) => forShell(word))).toEqual(['out/run-1', '/tmp/a_b.c']);
  });

  it.skipIf(process.platform === 'win32')('quotes others, so that a shell reads the same word', () => {
    for (const word of ['slow 3', `it's`, '$HOME', 'a"b', '*', '~', ''])
      expect(execFileSync('sh', ['-c', `printf %s ${forShell(word)}`], { encoding: 'utf8' })).toBe(word);
  });

  it('quotes for the shell of Windows as that wants it', () => {
    expect(forShell('C:\\my runs', 'win32')).toBe('"C:\\my runs"');
  });
});
