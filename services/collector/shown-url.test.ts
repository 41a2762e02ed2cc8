import { expect, it } from 'vitest';
import { shownUrl } from './shown-url.ts';

it.each([
  ['/data/my file#1.root', '/data/my file#1.root'],
  ['https://example.org/a/b.root', 'https://example.org/a/b.root'],
  ['https://ada:secret@example.org:8443/b.root', 'https://example.org:8443/b.root'],
  ['https://example.org/b.root?X-Amz-Signature=abc', 'https://example.org/b.root?...'],
  ['root://eospublic.cern.ch//eos/file.root', 'root://eospublic.cern.ch//eos/file.root'],
  ['C:\\data\\file.root', 'C:\\data\\file.root'],
])('%s is shown as %s', (location, shown) => {
  expect(shownUrl(location)).toBe(shown);
});
