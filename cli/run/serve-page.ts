import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startWeb, type Web } from '#services/web/web.ts';
import { ConfigError, isPipelineError } from '#shared/errors.ts';
import type { RunFeed } from '#shared/plot/feed.ts';

export interface PageOptions {
  readonly feed: RunFeed;
  /** Where the result files will be. */
  readonly folder: string;
  readonly port: number;
  /** False: a taken port is left alone and the next free one is used. */
  readonly portIsFixed: boolean;
}

/** Ports tried after the first. */
const MORE_PORTS = 20;

/** Serves the page on this machine only. @throws ConfigError if no port is free, or the fixed one is not */
export async function servePage({ feed, folder, port, portIsFixed }: PageOptions): Promise<Web> {
  const files = (_run: string, name: string) => readFile(join(folder, name)).catch(() => undefined);
  for (let next = port; ; next += 1) {
    try {
      return await startWeb({ feed, files, port: next, host: '127.0.0.1', log: () => {} });
    } catch (error) {
      if (!isTaken(error) || portIsFixed || next >= port + MORE_PORTS) throw error;
    }
  }
}

const NO_RUNS: RunFeed = { runs: async () => [], snapshot: async () => undefined, changes: async function* () {} };

/** Before anything is replaced by a run whose page would have no place. @throws ConfigError as `servePage` */
export async function assertPortFree(port: number): Promise<void> {
  const page = await servePage({ feed: NO_RUNS, folder: '', port, portIsFixed: true });
  await page.close();
}

function isTaken(error: unknown): boolean {
  const { cause } = error instanceof ConfigError || isPipelineError(error) ? error : { cause: undefined };
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
}
