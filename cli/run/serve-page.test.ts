import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { RunFeed } from '#shared/plot/feed.ts';
import { assertPortFree, servePage } from './serve-page.ts';

const feed: RunFeed = { runs: async () => [], snapshot: async () => undefined, changes: async function* () {} };

it('takes the next free port where the first is taken, unless that one was asked for', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const page = await servePage({ feed, folder: '.', port, portIsFixed: false });
    expect(Number(new URL(page.url).port)).toBeGreaterThan(port);
    await page.close();
    await expect(servePage({ feed, folder: '.', port, portIsFixed: true })).rejects.toMatchObject({ code: 'ConfigError' });
    await expect(assertPortFree(port)).rejects.toMatchObject({ code: 'ConfigError' });
  } finally {
    server.close();
  }
});
