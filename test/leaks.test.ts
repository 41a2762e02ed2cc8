import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { moreThan, openThings } from './leaks.ts';

/** What is open during `use` and was not before. */
async function openedBy(use: (look: () => void) => Promise<void>): Promise<string[]> {
  const before = openThings();
  let seen: string[] = [];
  await use(() => {
    seen = moreThan(before, openThings());
  });
  return seen;
}

describe('the leak check', () => {
  it('sees a server', async () => {
    const seen = await openedBy(async (look) => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      look();
      server.close();
      await once(server, 'close');
    });
    expect(seen).toEqual(['TCPServerWrap']);
  });

  it('sees a child process', async () => {
    const seen = await openedBy(async (look) => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      await once(child, 'spawn');
      look();
      child.kill('SIGKILL');
      await once(child, 'close');
    });
    expect(seen).toEqual(['ProcessWrap']);
  });

  it.runIf(process.platform === 'linux')('sees a thread', async () => {
    const seen = await openedBy(async (look) => {
      const thread = new Worker('setInterval(() => {}, 1000)', { eval: true });
      await once(thread, 'online');
      look();
      await thread.terminate();
    });
    expect(seen).toEqual(['WorkerThread']);
  });

  it.runIf(process.platform === 'linux')('sees an open data file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'higgsflow-leaks-'));
    const seen = await openedBy(async (look) => {
      const file = await open(join(folder, 'x.root'), 'w');
      look();
      await file.close();
    });
    await rm(folder, { recursive: true });
    expect(seen).toEqual([join(folder, 'x.root')]);
  });
});

describe('moreThan', () => {
  it('counts each thing as often as it is there', () => {
    expect(moreThan(['a', 'a', 'b'], ['a', 'b', 'a', 'a', 'c'])).toEqual(['a', 'c']);
  });
});
