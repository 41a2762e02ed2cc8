/** As remote-speed.py, by higgsflow: `node test/remote-speed-ours.ts URL TREE COLUMNS WARM-UP-FILE`. */
import { createInterface } from 'node:readline';
import { readBatches } from '#shared/root/batches.ts';
import { openRootFile } from '#shared/root/file.ts';
import { openTree } from '#shared/root/tree.ts';
import { openSource } from '#shared/storage/open.ts';

const [url = '', treeName = '', columns = '', warmUp = ''] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function read(location: string): Promise<number> {
  // As a worker does.
  const source = await openSource(location, { verifies: true });
  const tree = await openTree(await openRootFile(source), treeName);
  let entries = 0;
  for await (const batch of readBatches(tree, columns.split(','))) entries += batch.to - batch.from;
  await source.verify?.();
  await source.close();
  return entries;
}

await read(warmUp);
for (let round = 0; round < 2; round++) {
  const began = performance.now();
  const entries = await read(url);
  console.log(JSON.stringify({ peer: 'higgsflow', seconds: Math.round(performance.now() - began) / 1000, entries }));
  await lines.next();
}
process.stdin.destroy();
