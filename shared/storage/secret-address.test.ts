import { describe, expect, it } from 'vitest';
import { publicAddress, takeSecrets } from './secret-address.ts';

const SIGNED = 'https://bucket.s3.amazonaws.com/a%20b/x.root?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=planted&versionId=7';

describe('an address', () => {
  it('loses passwords and signatures, and nothing else', () => {
    expect(publicAddress(SIGNED)).toBe('https://bucket.s3.amazonaws.com/a%20b/x.root?versionId=7');
    expect(publicAddress('https://ada:planted@example.org:8443/x.root')).toBe('https://example.org:8443/x.root');
    expect(publicAddress('https://a.blob.core.windows.net/x.root?sv=2024&sig=planted')).toBe('https://a.blob.core.windows.net/x.root');
    expect(publicAddress('davs://host/x.root?authz=Bearer%20planted')).toBe('davs://host/x.root');
    expect(publicAddress('https://host/get?file=x.root&access_token=planted')).toBe('https://host/get?file=x.root');
  });

  it('stays to the letter where nothing in it is secret', () => {
    for (const plain of [
      ...['/data/x?token=1.root', 'C:\\data\\x.root', 's3://bucket/a?b=%zz&c.root', 'root://ada@host:1094//store/x.root'],
      ...['https://host/x.root?download=1&x', 'https://host/%E2%9C%93 x.root', 'synthetic://1000'],
    ]) {
      expect(publicAddress(plain)).toBe(plain);
    }
  });
});

describe('a list of addresses', () => {
  it('leads back to those that were given', () => {
    const { locations, addresses } = takeSecrets(['/data/x.root', SIGNED]);
    expect(locations.map((location) => addresses[location] ?? location)).toEqual(['/data/x.root', SIGNED]);
    expect(JSON.stringify(locations)).not.toContain('planted');
  });

  it('is refused where two would become the same, which is told without their secrets', () => {
    const take = () => takeSecrets(['https://a:planted1@host/x', 'https://b:planted2@host/x']);
    expect(take).toThrow(/^https:\/\/host\/x: two addresses differ only in their passwords or signatures$/);
    expect(takeSecrets(['https://a:b@host/x', 'https://a:b@host/x']).locations).toEqual(['https://host/x', 'https://host/x']);
  });
});
