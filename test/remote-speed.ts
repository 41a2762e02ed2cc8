/**
 * Requests, bytes and time of reading the columns of atlas-hzz-2020 from an xrootd on this machine, over HTTP and its own
 * protocol, with 20 ms more a round trip: `node test/remote-speed.ts FILE PYTHON`. PYTHON has uproot, aiohttp, fsspec-xrootd
 * and xrootd. Each peer reads twice in one process; its first reading makes the connections.
 */
import { spawn } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type LatencyProxy, startLatencyProxy } from './latency-proxy.ts';
import { startXrootdServer } from './xrootd-server.ts';

const ROUND_TRIP_MS = 20;
const LISTS = ['lep_pt', 'lep_eta', 'lep_phi', 'lep_E', 'lep_charge', 'lep_type'];
const WEIGHTS = ['mcWeight', 'scaleFactor_PILEUP', 'scaleFactor_ELE', 'scaleFactor_MUON', 'scaleFactor_LepTRIGGER'];
const [file = '', python = 'python3'] = process.argv.slice(2);
const here = (name: string) => join(import.meta.dirname, name);

const server = await startXrootdServer({ config: ['xrd.protocol http:{http} libXrdHttp.so'] });
await copyFile(file, join(server.data, 'a.root'));
for (const [kind, port] of [
  ['http', server.httpPort],
  ['root', server.port],
] as const) {
  // biome-ignore format: one line
  const proxy = await startLatencyProxy(port, kind, ROUND_TRIP_MS);
  const url = kind === 'http' ? `http://127.0.0.1:${proxy.port}/data/a.root` : `root://127.0.0.1:${proxy.port}//data/a.root`;
  await measure(proxy, process.execPath, [here('remote-speed-ours.ts'), url, 'mini', [...LISTS, ...WEIGHTS].join(','), file]);
  // uproot reads the lengths of the lists by their branch, as we do.
  const columns = ['lep_n', ...LISTS, ...WEIGHTS].join(',');
  for (const handler of ['default', 'own']) await measure(proxy, python, [here('remote-speed.py'), url, 'mini', columns, file, handler]);
  await proxy.close();
}
await server.close();

async function measure(proxy: LatencyProxy, program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    // What is closed without waiting is counted too.
    await new Promise((resolve) => setTimeout(resolve, 3 * ROUND_TRIP_MS));
    console.log(line, JSON.stringify(proxy.take()));
    child.stdin.write('\n');
  }
}
