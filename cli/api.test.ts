import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { plainCatalogue } from '#shared/datasets/catalogue.ts';
import { DEFAULT_CHUNKS } from '#shared/queue/run-spec.ts';
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

  it('leaves a collector that does not answer when the signal aborts', async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const higgsflow = api.connect({ collector: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const spec: api.RunSpec = {
      ...{ v: 1, run: 'x', analysis: 'rehearsal', parameters: {}, tree: 'none', catalogue: plainCatalogue(), fraction: 1 },
      ...{ ...DEFAULT_CHUNKS, datasets: [{ name: 'events', isData: true, files: ['synthetic://10'] }] },
    };
    for (const verb of [higgsflow.submit.bind(higgsflow, spec), higgsflow.status.bind(higgsflow, 'x')]) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('stopped by SIGINT')), 100);
      await expect(verb({ signal: stop.signal })).rejects.toThrow('stopped by SIGINT');
    }
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
