import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunSummary } from '#shared/plot/feed.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { createTestFeed } from '../../test/run-feed.ts';
import { fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { startWeb, type Web, type WebOptions } from './web.ts';

const open: Web[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((web) => web.close()));
});

async function serve(options: Partial<WebOptions> = {}): Promise<string> {
  const web = await startWeb({ feed: createTestFeed(fourLeptonSnapshot()), port: 0, host: '127.0.0.1', log: () => {}, ...options });
  open.push(web);
  return web.url;
}

/** The events of a stream: parsed as they come, comments counted. */
async function listen(url: string, headers: Readonly<Record<string, string>> = {}) {
  const abort = new AbortController();
  const response = await fetch(url, { headers, signal: abort.signal });
  const events: { id: string; event: string; data: unknown }[] = [];
  const seen = { pings: 0, ended: false };
  const done = (async () => {
    let text = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          if (block.startsWith(':')) seen.pings++;
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
          if (field('data') !== '') events.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) });
        }
      }
      seen.ended = true;
    } catch {
      // Aborted by the test, or cut by the server.
    }
  })();
  return { response, events, seen, done, close: () => abort.abort() };
}

describe('the API', () => {
  it('lists runs and gives snapshots', async () => {
    const url = await serve();
    const runs = (await (await fetch(`${url}/api/runs`)).json()) as RunSummary[];
    expect(runs).toEqual([
      { run: 'r-2026-11-22-higgs', state: 'complete', analysis: 'atlas-hzz-2020', startedAt: '2026-11-22T09:00:00.000Z', edition: 1 },
    ]);
    const snapshot = (await (await fetch(`${url}/api/runs/${runs[0]?.run}`)).json()) as RunSnapshot;
    expect(snapshot.groups).toEqual(fourLeptonSnapshot().groups);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', viewers: 0 });
  });

  it('answers 404 with the reason for what does not exist', async () => {
    const url = await serve();
    for (const path of ['/api/runs/none', '/api/runs/none/events', '/runs/none/files/plot.png']) {
      const response = await fetch(url + path);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ error: 'there is no run "none"' });
    }
    for (const path of ['/nothing', '/assets/../package.json', '/assets/package.json', '/assets/services/web/web.ts', '/api']) {
      expect((await fetch(url + path)).status).toBe(404);
    }
    expect((await fetch(`${url}/api/runs/%E0%A4%A`)).status).toBe(400);
  });

  it('has a page that names the run that does not exist, as text, and stays where nobody can tell', async () => {
    const url = await serve();
    const response = await fetch(`${url}/runs/${encodeURIComponent('no<such>')}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([404, expect.stringContaining('text/html')]);
    expect(await response.text()).toMatch(/<h1>There is no run no&lt;such&gt;<\/h1>.*<a href="\/runs">All runs<\/a>/s);
    const away = { ...createTestFeed(), snapshot: () => Promise.reject(new Error('no answer')) };
    expect((await fetch(`${await serve({ feed: away })}/runs/one`)).status).toBe(200);
  });

  it('refuses to change anything', async () => {
    const url = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const response = await fetch(`${url}/api/runs`, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
  });

  it('tells nothing of an inner error but logs it', async () => {
    const log = vi.fn();
    const feed = { ...createTestFeed(), runs: () => Promise.reject(new Error('secret path /x')) };
    const response = await fetch(`${await serve({ feed, log })}/api/runs`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(log).toHaveBeenCalledWith('web.request-failed', { path: '/api/runs', error: 'Error: secret path /x' });
  });
});

describe('the page', () => {
  it('comes with all that it loads from this server, and a policy that allows nothing else', async () => {
    const url = await serve();
    for (const path of ['/', '/runs/r-2026-11-22-higgs', '/runs', '/runs/none']) {
      const response = await fetch(url + path);
      const html = await response.text();
      expect(response.headers.get('content-type')).toContain('text/html');
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      expect(response.headers.get('x-powered-by')).toBeNull();
      expect(html).not.toMatch(/https?:\/\//);
      for (const [, asset] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) expect((await fetch(url + asset)).status, asset).toBe(200);
    }
  });

  it('is not sent again when it has not changed', async () => {
    const url = await serve();
    // Not fetch(): with such a header it asks for an answer that is not cached.
    const status = async (headers: Readonly<Record<string, string>>) => {
      const [response] = (await once(request(`${url}/assets/chart.js`, { headers }).end(), 'response')) as [IncomingMessage];
      response.resume();
      return response;
    };
    const { etag = '' } = (await status({})).headers;
    expect((await status({ 'If-None-Match': etag })).statusCode).toBe(304);
  });
});

describe('the live stream', () => {
  it('starts with the present snapshot and follows each change, with the revision as id', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.2, revision: 3 }));
    const url = await serve({ feed, frameMs: 5 });
    const stream = await listen(`${url}/api/runs/r-2026-11-22-higgs/events`, { 'Last-Event-ID': '2' });
    expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
    await vi.waitFor(() => expect(stream.events.map(({ id }) => id)).toEqual(['3']));
    feed.put(fourLeptonSnapshot({ completeness: 0.5, revision: 4 }));
    await vi.waitFor(() => expect(stream.events.map(({ id }) => id)).toEqual(['3', '4']));
    feed.put(fourLeptonSnapshot({ revision: 5 }));
    await stream.done;
    expect(stream.events.map(({ id, event }) => [id, event])).toEqual([
      ['3', ''],
      ['4', ''],
      ['5', ''],
      ['', 'end'],
    ]);
    expect(stream.seen.ended).toBe(true);
    expect(stream.events[2]?.data).toMatchObject({ state: 'complete' });
  });

  it('leaves frames out when changes come fast, but never the last', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1, revision: 1 }));
    const url = await serve({ feed, frameMs: 60 });
    const stream = await listen(`${url}/api/runs/r-2026-11-22-higgs/events`);
    await vi.waitFor(() => expect(stream.events).toHaveLength(1));
    for (let revision = 2; revision <= 40; revision++) {
      feed.put(fourLeptonSnapshot({ completeness: revision / 50, revision }));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await vi.waitFor(() => expect(stream.events.at(-1)?.id).toBe('40'));
    expect(stream.events.length).toBeLessThan(15);
    stream.close();
  });

  it('follows a run once for all its viewers, and stops when the last one leaves', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1 }));
    const url = await serve({ feed });
    const path = `${url}/api/runs/r-2026-11-22-higgs/events`;
    const streams = [await listen(path), await listen(path), await listen(path)];
    for (const { events } of streams) await vi.waitFor(() => expect(events).toHaveLength(1));
    expect(feed.followers).toBe(1);
    for (const { close } of streams) close();
    await vi.waitFor(() => expect(feed.followers).toBe(0));
    expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ viewers: 0 });
  });

  it('sends pings, so that proxies keep the connection', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1 }));
    const stream = await listen(`${await serve({ feed, pingMs: 10 })}/api/runs/r-2026-11-22-higgs/events`);
    await vi.waitFor(() => expect(stream.seen.pings).toBeGreaterThan(2));
    stream.close();
  });

  it('counts nobody who left while the run was looked up', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.2 }));
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const snapshot = async (run: string) => {
      asked.resolve();
      await left.promise;
      return feed.snapshot(run);
    };
    const url = await serve({ feed: { ...feed, snapshot }, maxViewers: 1 });
    const path = `${url}/api/runs/r-2026-11-22-higgs/events`;
    const leave = new AbortController();
    const first = fetch(path, { signal: leave.signal });
    await asked.promise;
    leave.abort();
    await expect(first).rejects.toThrow();
    // Until the server has seen it.
    await new Promise((resolve) => setTimeout(resolve, 100));
    left.resolve();
    const second = await fetch(path);
    expect(second.status).toBe(200);
    await second.body?.cancel();
  });

  it('refuses viewers beyond its bound, saying so', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1 }));
    const path = `${await serve({ feed, maxViewers: 2 })}/api/runs/r-2026-11-22-higgs/events`;
    const [first] = [await listen(path), await listen(path)];
    const refused = await fetch(path);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await refused.text()).toMatch(/^Too many viewers/);
    first.close();
    await vi.waitFor(async () => {
      const next = await listen(path);
      expect(next.response.status).toBe(200);
    });
  });

  it('keeps one frame at most for a viewer that does not read, and lets it catch up', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1, revision: 1 }));
    const url = new URL(`${await serve({ feed, frameMs: 1 })}/api/runs/r-2026-11-22-higgs/events`);
    const [response] = (await once(request(url).end(), 'response')) as [IncomingMessage];
    response.pause();
    let revision = 1;
    // Far more than all socket buffers on the way hold.
    const padding = 'x'.repeat(400_000);
    for (; revision <= 60; revision++) {
      const snapshot = fourLeptonSnapshot({ completeness: 0.1, revision });
      feed.put({ ...snapshot, analysis: { ...snapshot.analysis, title: padding } });
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    response.resume();
    await vi.waitFor(() => expect(text).toContain(`id: ${revision - 1}\n`), { timeout: 4000 });
    const received = [...text.matchAll(/^id: /gm)].length;
    expect(received).toBeLessThan(55);
  });

  it('survives a feed that fails: the viewer is let go and may come back', async () => {
    const log = vi.fn();
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1 }));
    // biome-ignore lint/correctness/useYield: it fails before there is anything to yield
    const failing = async function* (): AsyncGenerator<RunSnapshot> {
      throw new Error('collector is gone');
    };
    const stream = await listen(`${await serve({ feed: { ...feed, changes: failing }, log })}/api/runs/r-2026-11-22-higgs/events`);
    await stream.done;
    expect(stream.events).toEqual([]);
    expect(log).toHaveBeenCalledWith('web.stream-failed', { run: 'r-2026-11-22-higgs', error: 'Error: collector is gone' });
  });
});

describe('downloads', () => {
  const files = async (_: string, name: string) => {
    if (name === 'histograms.json') return new TextEncoder().encode('{"m4l":1}');
    return name === 'histograms.csv' ? Readable.from(['a,b\n', '1,2\n']) : undefined;
  };
  const base = '/runs/r-2026-11-22-higgs/files';

  it('come as bytes or as streams, with a name to save them under', async () => {
    const url = await serve({ files });
    const json = await fetch(`${url}${base}/histograms.json`);
    expect(await json.json()).toEqual({ m4l: 1 });
    expect(json.headers.get('content-disposition')).toBe('attachment; filename="r-2026-11-22-higgs-histograms.json"');
    const csv = await fetch(`${url}${base}/histograms.csv`);
    expect([csv.headers.get('content-type'), await csv.text()]).toEqual(['text/csv; charset=utf-8', 'a,b\n1,2\n']);
  });

  it('say when a file will be there, and know no other names', async () => {
    const url = await serve({ files });
    const missing = await fetch(`${url}${base}/report.md`);
    expect([missing.status, await missing.text()]).toEqual([404, 'report.md is written when the run has ended.\n']);
    for (const name of ['ledger.sqlite', 'constructor', '..%2f..%2fetc%2fpasswd'])
      expect((await fetch(`${url}${base}/${name}`)).status).toBe(404);
  });

  it.each([
    ['the collector has started again', { edition: 2 }],
    ['the run was removed and done again', { startedAt: '2026-12-24T09:00:00.000Z' }],
    ['more of it is planned', { totals: { ...fourLeptonSnapshot({ completeness: 0.4 }).totals, tasks: 999 } }],
  ])('draw no old picture when %s, although the revision is the same', async (_, change) => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.4, revision: 1 }));
    const url = await serve({ feed });
    const image = async () => Buffer.from(await (await fetch(`${url}${base}/plot.png`)).arrayBuffer());
    const old = await image();
    feed.put({ ...fourLeptonSnapshot({ completeness: 0.6, revision: 1 }), edition: 1, ...change });
    expect((await image()).equals(old)).toBe(false);
  });

  it('draw plot.png from the present snapshot, as asked', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.4 }));
    const url = await serve({ feed });
    const image = async (query: string) => Buffer.from(await (await fetch(`${url}${base}/plot.png${query}`)).arrayBuffer());
    const linear = await image('');
    expect(linear.subarray(1, 4).toString()).toBe('PNG');
    expect((await image('?histogram=m4l&y=linear')).equals(linear)).toBe(true);
    expect((await image('?y=log')).equals(linear)).toBe(false);
    feed.put(fourLeptonSnapshot({ revision: 2 }));
    expect((await image('')).equals(linear)).toBe(false);
    expect((await fetch(`${url}${base}/plot.png?histogram=none`)).status).toBe(404);
    expect((await fetch(`${url}${base}/plot.png?y=cubic`)).status).toBe(400);
  });
});

describe('starting and stopping', () => {
  it('names the port that is taken', async () => {
    const port = Number(new URL(await serve()).port);
    await expect(serve({ port })).rejects.toThrow(`port ${port} of 127.0.0.1 is in use. Choose another port, or 0 for any free one.`);
  });

  it('ends open streams when its signal aborts', async () => {
    const abort = new AbortController();
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.1 }));
    const url = await serve({ feed, signal: abort.signal });
    const stream = await listen(`${url}/api/runs/r-2026-11-22-higgs/events`);
    abort.abort();
    await stream.done;
    await vi.waitFor(() => expect(feed.followers).toBe(0));
    await expect(fetch(url)).rejects.toThrow();
  });
});
