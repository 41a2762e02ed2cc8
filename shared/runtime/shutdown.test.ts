import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sleep } from './retry.ts';

const module = new URL('./shutdown.ts', import.meta.url);

/** A process that reports the abort and then refuses to end by itself. */
const program = `
  import { listenForShutdown } from ${JSON.stringify(module.href)};
  const { signal } = listenForShutdown(process, 200);
  setInterval(() => {}, 1000);
  signal.addEventListener('abort', () => console.log(signal.reason.message));
  console.log('ready');
`;

async function startStubborn() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { cwd: fileURLToPath(new URL('.', module)) });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const until = async (text: string) => {
    while (!output.includes(text)) await once(child.stdout, 'data');
  };
  await until('ready');
  return { child, until };
}

describe('listenForShutdown', () => {
  it('aborts at the first signal and ends the process at a later second one', async () => {
    const { child, until } = await startStubborn();
    child.kill('SIGTERM');
    await until('stopped by SIGTERM');
    await sleep(250);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([null, 'SIGINT']);
  });

  it('takes two signals at once for one', async () => {
    const { child, until } = await startStubborn();
    child.kill('SIGINT');
    await until('stopped by SIGINT');
    child.kill('SIGINT');
    await sleep(100);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  });
});
