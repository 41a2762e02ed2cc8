import { describe, expect, it } from 'vitest';
import { parseTarget } from './dial.ts';

const target = (url: string) =>
  parseTarget({ url, prefix: 'higgsflow', pool: 'default', patienceMs: 0, log: { info: () => {}, warn: () => {} } });

describe('the broker URL', () => {
  it('names user, password and vhost, with what is special in them as %XX', () => {
    const { place, connect } = target('amqps://me:a%25b%40c@broker/my%2Fhost');
    expect(place).toEqual({ address: 'amqps://broker:5671', user: 'me', vhost: 'my/host' });
    expect(connect).toMatchObject({ username: 'me', password: 'a%b@c' });
  });

  it('is refused where a % stands for itself, without telling the password', () => {
    expect(() => target('amqp://me:pa%zz@broker')).toThrow(/^the broker URL has a % that stands for itself\. Write it as %25/);
  });
});
