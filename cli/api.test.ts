import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import * as api from './api.ts';

describe('the API', () => {
  it('has one entry, whose verbs are those of the command line', () => {
    expect(Object.keys(api)).toMatchInlineSnapshot(`
      [
        "connect",
      ]
    `);
    expect(Object.keys(api.connect())).toMatchInlineSnapshot(`
      [
        "submit",
        "plan",
        "watch",
        "status",
        "results",
        "failures",
        "retry",
        "cancel",
        "cleanup",
        "runs",
      ]
    `);
  });

  it('says which run there is not', async () => {
    const server = createServer((_, response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error: { code: 'MessageError', message: 'there is no run x', retryable: false } }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const higgsflow = api.connect({ collector: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await expect(higgsflow.status('x')).rejects.toThrow(/there is no run x\. See `higgsflow runs`/);
    await expect(higgsflow.watch('x').next()).rejects.toMatchObject({ code: 'MessageError' });
    await expect(higgsflow.retry('x')).rejects.toMatchObject({ code: 'MessageError' });
    await new Promise((resolve) => server.close(resolve));
  });
});
