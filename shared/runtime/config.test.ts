import { describe, expect, it } from 'vitest';
import { parseEnvironment, readEnvironment } from './config.ts';

describe('parseEnvironment', () => {
  it('keeps the cache under the home folder when nothing is set', () => {
    expect(parseEnvironment({}, 'linux', '/home/ada').cacheFolder).toBe('/home/ada/.cache/higgsflow');
  });

  it('follows XDG_CACHE_HOME', () => {
    expect(parseEnvironment({ XDG_CACHE_HOME: '/var/cache/ada' }, 'darwin', '/home/ada').cacheFolder).toBe('/var/cache/ada/higgsflow');
  });

  it('ignores an XDG_CACHE_HOME that is relative, as the XDG rules ask', () => {
    expect(parseEnvironment({ XDG_CACHE_HOME: 'cache' }, 'linux', '/home/ada').cacheFolder).toBe('/home/ada/.cache/higgsflow');
  });

  it('uses LOCALAPPDATA on Windows only', () => {
    const env = { LOCALAPPDATA: '/local' };
    expect(parseEnvironment(env, 'win32', '/home/ada').cacheFolder).toBe('/local/higgsflow');
    expect(parseEnvironment(env, 'linux', '/home/ada').cacheFolder).toBe('/home/ada/.cache/higgsflow');
  });

  it('lets HIGGSFLOW_CACHE win', () => {
    expect(parseEnvironment({ HIGGSFLOW_CACHE: '/fast', XDG_CACHE_HOME: '/slow' }, 'linux', '/home/ada').cacheFolder).toBe('/fast');
  });
});

describe('readEnvironment', () => {
  it('answers a folder for the environment of this process', () => {
    expect(readEnvironment().cacheFolder).not.toBe('');
  });
});
