/**
 * A codec alone: `node bench/codec.ts CASE FILE` decodes all blocks that the case reads from memory, as the program in c-limit/
 * does, and prints one JSON line. Checksums are compared by both.
 */
import { basename } from 'node:path';
import { ArenaPlan, borrowArena } from '#shared/root/arena.ts';
import { decompressInto, prepareRecord, type StoredRecord } from '#shared/root/compression.ts';
import { openSource } from '#shared/storage/open.ts';
import { CODEC_CASES, CODEC_TURNS, type CodecCaseName } from './cases.ts';
import { writePlan } from './write-plan.ts';

const [name = '', file = ''] = process.argv.slice(2);

/** The baskets of the case, and how long they become. */
async function listBaskets(): Promise<{ seek: number; bytes: number; length: number }[]> {
  const plan = await writePlan(CODEC_CASES[name as CodecCaseName].blocksOf, file);
  const lines = plan.split('\n').map((line) => line.split(' ').map(Number));
  const baskets = lines.filter((line) => line.length === 7 && line.every((number) => !Number.isNaN(number)));
  return baskets.map(([seek = 0, bytes = 0, key = 0, length = 0]) => ({ seek: seek + key, bytes: bytes - key, length }));
}

// The compressed bytes wait where a worker reads them to: in the arena.
const listed = await listBaskets();
using arena = borrowArena();
const plan = new ArenaPlan(arena.start);
const to = plan.take(Math.max(...listed.map(({ length }) => length)));
const places = listed.map(({ bytes }) => plan.take(bytes));
arena.reserve(plan);
const source = await openSource(file);
const baskets: StoredRecord[] = [];
for (const [i, { seek, bytes, length }] of listed.entries()) {
  const place = places[i] as number;
  arena.bytes.set(await source.read(seek, bytes), place);
  const basket = { bytes: arena.bytes.subarray(place, place + bytes), length, origin: seek };
  await prepareRecord(basket);
  baskets.push(basket);
}
await source.close();

/** Decodes all once; the sum keeps this and the C program comparable. */
function decodeAll(): number {
  let sum = 0;
  for (const basket of baskets) {
    decompressInto(arena, basket, 0, to);
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
