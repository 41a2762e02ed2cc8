import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completeLock } from './complete-lockfile.mjs';

describe('completeLock', () => {
  it('adds the prebuilt packages of other platforms', () => {
    const lock = {
      packages: {
        '': {},
        'node_modules/fast': {
          version: '1.0.0',
          dev: true,
          optionalDependencies: { '@fast/linux-x64-musl': '1.2.3', '@fast/win32-arm64-msvc': '1.2.3' },
        },
      },
    };
    expect(completeLock(lock)).toEqual({ added: ['@fast/linux-x64-musl', '@fast/win32-arm64-msvc'], unclear: [] });
    expect(lock.packages).toMatchObject({
      'node_modules/@fast/linux-x64-musl': { version: '1.2.3', cpu: ['x64'], libc: ['musl'], os: ['linux'], dev: true, optional: true },
      'node_modules/@fast/win32-arm64-msvc': { version: '1.2.3', cpu: ['arm64'], os: ['win32'], dev: true, optional: true },
    });
    expect(completeLock(lock).added).toEqual([]);
  });

  it('puts another version than the one at the top beside its parent', () => {
    const lock = {
      packages: {
        'node_modules/@fast/darwin-x64': { version: '2.0.0' },
        'node_modules/old': { version: '1.0.0', optionalDependencies: { '@fast/darwin-x64': '1.0.0' } },
      },
    };
    completeLock(lock);
    expect(lock.packages).toHaveProperty(['node_modules/old/node_modules/@fast/darwin-x64', 'version'], '1.0.0');
  });

  it('guesses no version and no platform', () => {
    const lock = {
      packages: { 'node_modules/odd': { version: '1.0.0', optionalDependencies: { 'odd-linux-x64': '>=1 <3', 'odd-extra': '1.0.0' } } },
    };
    expect(completeLock(lock)).toEqual({
      added: [],
      unclear: ['odd-linux-x64@>=1 <3 of node_modules/odd', 'odd-extra@1.0.0 of node_modules/odd'],
    });
  });

  it('takes out where a package came from', () => {
    const lock = { packages: { 'node_modules/a': { version: '1.0.0', resolved: 'https://mirror.example/a.tgz', integrity: 'sha512-x' } } };
    completeLock(lock);
    expect(lock.packages['node_modules/a']).toEqual({ version: '1.0.0', integrity: 'sha512-x' });
  });

  it('has nothing left to do for the lock file of this project', () => {
    const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));
    const before = JSON.stringify(lock);
    expect(completeLock(lock)).toEqual({ added: [], unclear: [] });
    expect(JSON.stringify(lock)).toBe(before);
  });
});
