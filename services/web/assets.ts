/** Everything static that the page needs, loaded into memory once at start: nothing is looked up by a path from a request. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { loadBrowserModules, stripTypes } from './browser-modules.ts';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

const SCRIPT = 'text/javascript; charset=utf-8';
const page = (name: string) => new URL(`./page/${name}`, import.meta.url);

/** Assets by URL path; the page itself is under `/`. */
export async function loadAssets(): Promise<ReadonlyMap<string, Asset>> {
  const chart = new URL('./chart.umd.min.js', `file://${createRequire(import.meta.url).resolve('chart.js')}`);
  const [html, css, icon, theme, chartScript, ...modules] = await Promise.all([
    readFile(page('index.html'), 'utf8'),
    readFile(page('page.css'), 'utf8'),
    readFile(page('icon.svg'), 'utf8'),
    readFile(page('early-theme.ts'), 'utf8'),
    readFile(chart, 'utf8'),
    loadBrowserModules(page('page.ts')),
    loadBrowserModules(page('plain.ts')),
  ]);
  return new Map<string, Asset>([
    ['/', { type: 'text/html; charset=utf-8', body: html }],
    ['/assets/page.css', { type: 'text/css; charset=utf-8', body: css }],
    ['/assets/icon.svg', { type: 'image/svg+xml', body: icon }],
    ['/assets/early-theme.js', { type: SCRIPT, body: stripTypes(theme) }],
    // The source map stays in the package.
    ['/assets/chart.js', { type: SCRIPT, body: chartScript.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n') }],
    ...modules.flatMap((each) => [...each].map(([path, body]) => [path, { type: SCRIPT, body }] as const)),
  ]);
}
