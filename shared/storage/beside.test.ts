import { describe, expect, it } from 'vitest';
import { locationBeside } from './beside.ts';

describe('the place of a file that another one names', () => {
  it.each([
    ['data/a.root', 'b.root', 'data/b.root'],
    ['a.root', 'b.root', 'b.root'],
    ['data/a.root', '../b.root', 'b.root'],
    ['data/a.root', '/other/b.root', '/other/b.root'],
    ['file:///data/a.root', 'b.root', 'file:///data/b.root'],
    ['https://host/x/a.root?token=1#f', 'sub/b.root', 'https://host/x/sub/b.root'],
    ['s3://bucket/a.root', './b.root', 's3://bucket/b.root'],
    ['root://host:1094//eos/a.root', 'b.root', 'root://host:1094//eos/b.root'],
    ['https://host/x/a.root', 'a.root', 'https://host/x/a.root'],
  ])('%s names %s: %s', (location, name, place) => {
    expect(locationBeside(location, name)).toBe(place);
  });

  it.each([
    ['https://host/x/a.root', '../b.root'],
    ['https://host/x/a.root', 'y/../../b.root'],
    ['https://host/x/a.root', '/b.root'],
    ['s3://bucket/a.root', '/etc/passwd'],
    ['data/a.root', 'https://elsewhere/b.root'],
    ['https://host/x/a.root', 'file:///etc/passwd'],
  ])('%s may not lead to %s', (location, name) => {
    expect(() => locationBeside(location, name)).toThrow(expect.objectContaining({ code: 'StorageError', retryable: false }));
  });
});
