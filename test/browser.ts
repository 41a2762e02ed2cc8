import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const asked = process.env['CHROMIUM'];
const found = (asked === undefined ? CANDIDATES : [asked]).find(existsSync);

/**
 * Path of a Chromium on this machine (named by CHROMIUM, or Debian's); browser tests are skipped without one, and say so.
 * With REQUIRE_BROWSER=1 they fail instead.
 */
export const browserPath = found;

if (found === undefined) {
  const hint = 'Install the package "chromium", or name one with CHROMIUM=/path.';
  if (process.env['REQUIRE_BROWSER'] === '1') throw new Error(`No Chromium was found, and REQUIRE_BROWSER=1 asks for one. ${hint}`);
  console.warn(`Browser tests are skipped: no Chromium was found. ${hint}`);
}

/** Starts the browser without a window, and without its own talk to the network. */
export function launchBrowser(): Promise<Browser> {
  if (found === undefined) throw new Error('there is no browser to launch');
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
  return chromium.launch({ executablePath: found, args: ['--headless', '--no-sandbox', '--disable-gpu', ...quiet] });
}
