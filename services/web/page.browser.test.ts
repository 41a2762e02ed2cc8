import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { browserPath, launchBrowser } from '../../test/browser.ts';
import { createTestFeed, type TestFeed } from '../../test/run-feed.ts';
import { dimuonSnapshot, fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { startWeb, type Web, type WebOptions } from './web.ts';

const RUN = 'r-2026-11-22-higgs';

describe.skipIf(browserPath === undefined)('the page in a browser', () => {
  let browser: Browser;
  const webs: Web[] = [];
  const faults: string[] = [];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await Promise.all(webs.splice(0).map((web) => web.close()));
    expect(faults.splice(0)).toEqual([]);
  });
  afterAll(() => browser.close());

  async function serve(feed: TestFeed, options: Partial<WebOptions> = {}): Promise<string> {
    const web = await startWeb({ feed, port: 0, host: '127.0.0.1', log: () => {}, frameMs: 20, ...options });
    webs.push(web);
    return web.url;
  }

  /** A page whose errors, and requests to anywhere but the server, fail the test. */
  async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })).newPage();
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      // What the browser itself says about a server that is away or busy is part of some tests.
      if (message.type() === 'error' && !/Failed to load resource|ERR_/.test(message.text())) faults.push(message.text());
    });
    page.on('request', (request) => {
      if (new URL(request.url()).host !== new URL(url).host) faults.push(`request to ${request.url()}`);
    });
    await page.goto(url);
    return page;
  }

  const showsRevision = (page: Page, revision: number) => page.locator(`html[data-revision="${revision}"]`).waitFor({ state: 'attached' });
  const connection = (page: Page) => page.locator('#connection');

  /** How many pixels of the canvas have this colour (r, g, b). */
  function pixels(page: Page, color: readonly number[]): Promise<number> {
    return page.evaluate((wanted) => {
      const canvas = document.querySelector('canvas');
      const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (wanted.every((part, j) => Math.abs(part - (data[i + j] ?? 0)) <= 2)) count++;
      return count;
    }, color);
  }
  // The catalogue's cyan, three tenths of the way to white, and to the dark background.
  const SIGNAL = [77, 220, 255];
  const SIGNAL_DARK = [6, 151, 188];

  it('shows the current run: plot, totals, tables, downloads', async () => {
    const page = await visit(await serve(createTestFeed(fourLeptonSnapshot())));
    await showsRevision(page, 1);
    expect(await page.locator('h1').textContent()).toBe('H → ZZ* → 4ℓ, ATLAS 2020 open data');
    expect(await pixels(page, SIGNAL)).toBeGreaterThan(300);
    expect(await page.getByRole('img', { name: /ATLAS Open Data: Four-lepton mass.*302 data events.*complete/ }).count()).toBe(1);
    expect(await page.locator('#overall-text').textContent()).toBe('100 % read: 943\u202f430 of 943\u202f430 entries');
    expect(await page.locator('#datasets tbody tr').count()).toBe(12);
    expect(await page.locator('#yields tbody tr').count()).toBe(5);
    expect(await page.locator('#yields-title').textContent()).toBe('Yields in the plot');
    expect(await page.locator('#cutflow tbody tr').first().textContent()).toContain('832');
    expect(await page.locator('#files a').count()).toBe(6);
    expect(await connection(page).textContent()).toBe('Finished');
    expect(await page.locator('#toy').isVisible()).toBe(false);
    expect(await page.locator('#failures-card').isVisible()).toBe(false);
  });

  it('gives no reason for an error in the console', async () => {
    const page = await (await browser.newContext()).newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    const scaling = page.waitForResponse(/scaling/);
    await page.goto(await serve(createTestFeed(fourLeptonSnapshot())));
    await showsRevision(page, 1);
    expect([(await scaling).status(), errors]).toEqual([204, []]);
  });

  it.each([
    ['done', undefined, 'All files are in s3://results/run6/ as well.'],
    ['failed', 's3://results/run6/plot.png: NoSuchBucket', 'The files could not be uploaded: s3://results/run6/plot.png: NoSuchBucket'],
    ['waiting', undefined, 'The files are being uploaded to s3://results/run6/ ...'],
  ] as const)('says of results in a bucket: %s', async (state, error, text) => {
    const output = { folder: 's3://results/run6/', state, ...(error === undefined ? {} : { error }) };
    const page = await visit(await serve(createTestFeed({ ...fourLeptonSnapshot(), output })));
    await showsRevision(page, 1);
    expect(await page.locator('#files-note').textContent()).toBe(`The plot is 1800 × 1440 pixels, as chosen above. ${text}`);
  });

  it('tells when the results of a run that has ended have reached the bucket', async () => {
    const output = { folder: 's3://results/run6/', state: 'waiting' } as const;
    const feed = createTestFeed({ ...fourLeptonSnapshot(), output });
    const page = await visit(await serve(feed));
    await page.getByText('being uploaded').waitFor();
    feed.put({ ...fourLeptonSnapshot(), revision: 2, output: { ...output, state: 'done' } });
    await page.getByText('All files are in s3://results/run6/ as well.').waitFor();
  });

  it('says what a run has taken, and where its bytes came from', async () => {
    const snapshot = fourLeptonSnapshot();
    const cost = { coreSeconds: 1234, bytesFrom: { 'disk cache': 5_000_000, 'root://host:1094 (cache)': 2_500_000_000, 'https://a': 0 } };
    const page = await visit(await serve(createTestFeed({ ...snapshot, cost })));
    await showsRevision(page, snapshot.revision);
    const about = (await page.locator('#about').textContent()) ?? '';
    expect(about.replaceAll(/\s+/g, ' ')).toContain(
      '1.23 k core-secondsBytes2.50 GB from root://host:1094 (cache), 5.00 MB from disk cache',
    );
  });

  it('tells the CPU time of a short run', async () => {
    const page = await visit(await serve(createTestFeed({ ...fourLeptonSnapshot(), cost: { coreSeconds: 0.42, bytesFrom: {} } })));
    await showsRevision(page, 1);
    expect(await page.locator('#about').textContent()).toContain('CPU time0.4 core-seconds');
  });

  it('shows the pools of a run: who does what, and who is missing', async () => {
    const pool = { tasksRunning: 0, tasksFailed: 0, tasksTaken: 0, workers: 0, threads: 0, workerNames: [] };
    const pools = [
      {
        ...pool,
        name: 'near',
        tasksWaiting: 3,
        tasksRunning: 4,
        tasksCommitted: 1200,
        tasksTaken: 17,
        workers: 4,
        threads: 8,
        workerNames: ['w-1', 'w-2', 'w-3', 'w-4'],
      },
      { ...pool, name: 'far', tasksWaiting: 250, tasksCommitted: 40 },
    ];
    const snapshot = fourLeptonSnapshot({ completeness: 0.5, state: 'running' });
    const feed = createTestFeed({ ...snapshot, pools });
    const page = await visit(await serve(feed));
    await showsRevision(page, snapshot.revision);
    expect(await page.locator('#pools tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/near\s+1\W200\s+4\s+3\s+0\s+17\s+4 \(w-1, w-2, w-3 and 1 more\)/),
      expect.stringMatching(/far\s+40\s+0\s+250\s+0\s+0\s+none/),
    ]);
    expect(await page.locator('#pools-problem').textContent()).toBe('250 tasks wait for pool far, which has no workers');
    feed.put({ ...snapshot, revision: snapshot.revision + 1 });
    await showsRevision(page, snapshot.revision + 1);
    expect(await page.locator('#pools-card').isVisible()).toBe(false);
  });

  it('grows with the run, without moving what is already there', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.05, revision: 1 }));
    const page = await visit(`${await serve(feed)}/runs/${RUN}`);
    await showsRevision(page, 1);
    await page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) =>
        shifts.push(...list.getEntries().map((entry) => (entry as unknown as { value: number }).value)),
      ).observe({ type: 'layout-shift' });
    });
    const before = await page.locator('#canvas').getAttribute('aria-label');
    for (let revision = 2; revision <= 10; revision++) {
      feed.put(fourLeptonSnapshot({ completeness: revision / 10, revision }));
      await showsRevision(page, revision);
    }
    const after = await page.locator('#canvas').getAttribute('aria-label');
    expect(after).not.toBe(before);
    expect(await connection(page).textContent()).toBe('Finished');
    expect(await page.locator('#state').textContent()).toBe('Complete');
    const shift = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, value) => sum + value, 0));
    expect(shift).toBeLessThan(0.01);
  });

  it('waits for the first run, and shows it when it starts', async () => {
    const feed = createTestFeed();
    const page = await visit(await serve(feed));
    expect(await page.locator('h1').textContent()).toBe('Waiting for a run');
    feed.put(fourLeptonSnapshot({ completeness: 0.1 }));
    await showsRevision(page, 1);
  });

  it('says that the server is away, and catches up when it is back', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.3, revision: 3 }));
    const url = await serve(feed);
    const page = await visit(`${url}/runs/${RUN}`);
    await showsRevision(page, 3);
    expect(await connection(page).textContent()).toBe('Live');
    await webs.pop()?.close();
    await page.locator('#connection[data-state="reconnecting"]').waitFor();
    await page.getByText(/No connection to the server\. What is shown was last updated at \d/).waitFor();
    feed.put(fourLeptonSnapshot({ completeness: 0.6, revision: 6 }));
    await serve(feed, { port: Number(new URL(url).port) });
    await showsRevision(page, 6);
    expect(await connection(page).textContent()).toBe('Live');
    expect(await page.locator('#stale').isVisible()).toBe(false);
    feed.put(fourLeptonSnapshot({ completeness: 0.7, revision: 7 }));
    await showsRevision(page, 7);
  });

  it('reads the snapshot from time to time where there is no room for another live viewer', async () => {
    const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.3, revision: 1 }));
    const page = await visit(`${await serve(feed, { maxViewers: 0 })}/runs/${RUN}`);
    await showsRevision(page, 1);
    feed.put(fourLeptonSnapshot({ completeness: 0.4, revision: 2 }));
    await showsRevision(page, 2);
  });

  it('says that there is no such run, and shows it when there is', async () => {
    const feed = createTestFeed();
    const page = await visit(`${await serve(feed)}/runs/${RUN}`);
    expect(await page.locator('h1').textContent()).toBe(`There is no run ${RUN}`);
    expect(await page.getByRole('link', { name: 'All runs' }).getAttribute('href')).toBe('/runs');
    feed.put(fourLeptonSnapshot());
    await showsRevision(page, 1);
  });

  it.each(['at once', 'cancelled first'])(
    'says in the same words that the run was deleted while it was watched, %s, and keeps the plot',
    async (how) => {
      const feed = createTestFeed(fourLeptonSnapshot({ completeness: 0.3, revision: 3 }));
      const page = await visit(`${await serve(feed, { frameMs: 1 })}/runs/${RUN}`);
      await showsRevision(page, 3);
      if (how === 'cancelled first') {
        feed.put(fourLeptonSnapshot({ completeness: 0.3, revision: 4, state: 'cancelled' }));
        await showsRevision(page, 4);
      }
      feed.remove(RUN);
      await page.getByText(`There is no run ${RUN}`).waitFor();
      expect(await connection(page).textContent()).toBe('No such run');
      expect(await page.locator('#gone a').getAttribute('href')).toBe('/runs');
      expect(await page.locator('#stale').isVisible()).toBe(false);
      expect(await pixels(page, SIGNAL)).toBeGreaterThan(300);
    },
  );

  it('fits a phone: nothing to scroll sideways, legend over the panel, all numbers there', async () => {
    const failures = [
      {
        dataset: 'llll',
        file: `https://example.org/${'long/'.repeat(30)}f.root`,
        code: 'CodecError',
        message: 'checksum differs',
        attempts: 5,
      },
    ];
    const page = await visit(`${await serve(createTestFeed(fourLeptonSnapshot({ toy: true, failures })))}/runs/${RUN}`, {
      viewport: { width: 360, height: 740 },
    });
    await showsRevision(page, 1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    expect(await pixels(page, SIGNAL)).toBeGreaterThan(100);
    expect(await page.locator('#failures').textContent()).toContain('CodecError in llll: checksum differs');
    const row = page.locator('#datasets tbody tr', { hasText: 'VBFH125_ZZ4lep' });
    expect(await row.boundingBox().then((box) => (box?.x ?? 0) + (box?.width ?? 999))).toBeLessThanOrEqual(360);
  });

  it('says "toy" in banner, title and plot', async () => {
    const page = await visit(await serve(createTestFeed(fourLeptonSnapshot({ toy: true }))));
    await showsRevision(page, 1);
    expect(await page.locator('#toy').isVisible()).toBe(true);
    expect(await page.title()).toMatch(/^TOY: /);
    expect(await page.locator('#canvas').getAttribute('aria-label')).toMatch(/^TOY DATA in ATLAS format/);
  });

  it('is dark where the system is, and as chosen from then on', async () => {
    const page = await visit(await serve(createTestFeed(fourLeptonSnapshot())), { colorScheme: 'dark' });
    await showsRevision(page, 1);
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await ground()).toBe('rgb(13, 16, 19)');
    expect(await pixels(page, SIGNAL_DARK)).toBeGreaterThan(300);
    await page.getByRole('button', { name: 'Switch to light colours' }).click();
    expect(await ground()).toBe('rgb(244, 245, 247)');
    expect(await pixels(page, SIGNAL)).toBeGreaterThan(300);
    await page.reload();
    await showsRevision(page, 1);
    expect(await ground()).toBe('rgb(244, 245, 247)');
    await page.getByRole('button', { name: 'Switch to dark colours' }).waitFor();
  });

  it("lists all runs with the colours, states and times of the run's page", async () => {
    const url = await serve(createTestFeed(fourLeptonSnapshot()));
    const page = await visit(url, { colorScheme: 'dark', locale: 'de-CH', timezoneId: 'Europe/Zurich' });
    await showsRevision(page, 1);
    const subtitle = await page.locator('#subtitle').textContent();
    await page.getByRole('link', { name: 'all runs' }).click();
    await page.locator('#theme:visible').waitFor();
    const time = await page.locator('time').textContent();
    expect(time).toBe('22.11.2026, 10:00:00');
    expect(subtitle).toContain(`started ${time}`);
    expect(await page.locator('.pill').textContent()).toBe('Complete');
    await page.getByRole('button', { name: 'Switch to light colours' }).click();
    await page.getByRole('link', { name: RUN }).click();
    await page.getByRole('button', { name: 'Switch to dark colours' }).waitFor();
  });

  it('can be used with the keyboard alone, in the order of reading', async () => {
    const page = await visit(await serve(createTestFeed(fourLeptonSnapshot())));
    await showsRevision(page, 1);
    const order: string[] = [];
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press('Tab');
      order.push(
        await page.evaluate(() => document.activeElement?.id || document.activeElement?.className || document.activeElement?.tagName || ''),
      );
    }
    expect(order).toEqual(['skip', 'runs', 'theme', 'log-y', 'pointer', 'SUMMARY', 'scroll', 'scroll', 'A']);
    await page.locator('#log-y').focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('#log-y').getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('#files a').first().getAttribute('href')).toContain('y=log');
  });

  it('reads out single bins by arrow keys and by pointing', async () => {
    const page = await visit(await serve(createTestFeed(fourLeptonSnapshot())));
    await showsRevision(page, 1);
    const pointer = page.getByRole('slider', { name: 'Bin to read out' });
    await pointer.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    expect(await pointer.getAttribute('aria-valuetext')).toMatch(/^240–245 GeV: Data \d+ · Signal/);
    expect(await pointer.getAttribute('aria-valuenow')).toBe('33');
    await page.keyboard.press('Escape');
    const box = await pointer.boundingBox();
    await page.mouse.move((box?.x ?? 0) + (box?.width ?? 0) * 0.6, (box?.y ?? 0) + 200);
    expect(await page.locator('#readout').textContent()).toMatch(/GeV Data \d+ · .* · MC /);
  });

  it('shows the plot as a table, bin by bin', async () => {
    const page = await visit(await serve(createTestFeed(fourLeptonSnapshot())));
    await showsRevision(page, 1);
    await page.getByText('The plot as a table').click();
    await page.locator('#bins-table tbody tr').first().waitFor();
    expect(await page.locator('#bins-table tbody tr').count()).toBe(34);
  });

  it('lets the reader choose among histograms, and keeps the choice while the run goes on', async () => {
    const feed = createTestFeed(withSecondHistogram(fourLeptonSnapshot({ completeness: 0.2, revision: 1 })));
    const page = await visit(await serve(feed));
    await showsRevision(page, 1);
    await page.getByLabel('Histogram').selectOption('wide');
    expect(await page.locator('#plot-title').textContent()).toBe('Wide bins');
    feed.put(withSecondHistogram(fourLeptonSnapshot({ completeness: 0.4, revision: 2 })));
    await showsRevision(page, 2);
    expect(await page.locator('#plot-title').textContent()).toBe('Wide bins');
    expect(await page.locator('#files a').first().getAttribute('href')).toContain('histogram=wide');
  });

  it('draws 300 bins without MC on logarithmic axes', async () => {
    const page = await visit(await serve(createTestFeed(dimuonSnapshot())));
    await showsRevision(page, 1);
    expect(await page.locator('#log-x').getAttribute('aria-pressed')).toBe('true');
    expect(await page.locator('#yields tbody tr').count()).toBe(1);
    await page.locator('#log-x').click();
    expect(await page.locator('#log-x').getAttribute('aria-pressed')).toBe('false');
  });

  it('shows what files and datasets are called as text, whatever they are called', async () => {
    const snapshot = fourLeptonSnapshot();
    const bad = '<img src=x onerror=alert(1)>';
    const datasets = snapshot.datasets.map((dataset, i) => (i === 0 ? { ...dataset, name: bad } : dataset));
    const failures = [{ dataset: bad, file: bad, code: bad, message: bad, attempts: 1 }];
    const page = await visit(
      await serve(createTestFeed({ ...snapshot, datasets, failures, analysis: { ...snapshot.analysis, title: bad } })),
    );
    await showsRevision(page, 1);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('h1').textContent()).toBe(bad);
  });
});

function withSecondHistogram(snapshot: RunSnapshot): RunSnapshot {
  const axis = regular(2, 80, 250, { name: 'wide', label: 'mass', unit: 'GeV' });
  const cells = { sumw: [0, 10, 20, 1], sumw2: [0, 10, 20, 1], entries: [0, 10, 20, 1] };
  return {
    ...snapshot,
    analysis: { ...snapshot.analysis, histograms: [...snapshot.analysis.histograms, { name: 'wide', title: 'Wide bins', axes: [axis] }] },
    datasets: snapshot.datasets.map((dataset) => ({ ...dataset, histograms: { ...dataset.histograms, wide: cells } })),
  };
}
