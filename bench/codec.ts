/**
 * A codec alone: `node bench/codec.ts CASE FILE` decodes all blocks that the case reads from memory, as the program in c-limit/
 * does, and prints one JSON line. Checksums are compared by both.
 */
import { basename } from 'node:path';
import { ArenaPlan, borrowArena } from '#shared/root/arena.ts';
import { decompressInto, prepareRecord } from '#shared/root/compression.ts';
import { openSource } from '#shared/storage/open.ts';
import { CODEC_CASES, CODEC_TURNS, type CodecCaseName } from './cases.ts';
import { writePlan } from './write-plan.ts';

const [name = '', file = ''] = process.argv.slice(2);

interface Block {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** The compressed baskets of a case. */
async function readBaskets(): Promise<Block[]> {
  const plan = await writePlan(CODEC_CASES[name as CodecCaseName].blocksOf, file);
  const source = await openSource(file);
  const lines = plan.split('\n').map((line) => line.split(' ').map(Number));
  const baskets = lines.filter((line) => line.length === 7 && line.every((number) => !Number.isNaN(number)));
  const blocks: Block[] = [];
  for (const [seek = 0, bytes = 0, key = 0, length = 0] of baskets) {
    blocks.push({ bytes: await source.read(seek + key, bytes - key), length });
  }
  await source.close();
  return blocks;
}

const baskets = await readBaskets();
using arena = borrowArena();
const plan = new ArenaPlan(arena.start);
const scratch = plan.take(Math.max(...baskets.map(({ bytes }) => bytes.length)));
const to = plan.take(Math.max(...baskets.map(({ length }) => length)));
arena.reserve(plan);
for (const basket of baskets) await prepareRecord({ ...basket, origin: 0 });

/** Decodes all once; the sum keeps this and the C program comparable. */
function decodeAll(): number {
  let sum = 0;
  for (const basket of baskets) {
    decompressInto(arena, { ...basket, origin: 0 }, scratch, to);
    sum += arena.bytes[to + Math.trunc(basket.length / 2)] ?? 0;
  }
  return sum;
}

decodeAll(); // V8 compiles
const wall = performance.now();
const cpu = process.cpuUsage();
let sum = 0;
for (let turn = 0; turn < CODEC_TURNS; turn++) sum += decodeAll();
const { user, system } = process.cpuUsage(cpu);
const seconds = (ms: number) => Math.round(ms) / 1000;
console.log(
  JSON.stringify({
    case: name,
    peer: 'higgsflow',
    file: basename(file),
    threads: 1,
    events: baskets.length,
    wall_s: seconds(performance.now() - wall),
    cpu_s: seconds((user + system) / 1000),
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    sum,
  }),
);
