/**
 * Damages all files of test/fixtures in many ways, and reads all that is in them, in this process: whatever is neither an error of ours
 * nor a value ends it. Prints one line of JSON.
 *
 *   node test/hostile/main.ts [--count 2000] [--seed 1] [--keep FOLDER]
 *
 * Damage outside of checksums may change values: --keep puts up to 200 such files into a folder, where `npm run compare -- FOLDER`
 * shows whether others read the same from the same bytes.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '#shared/toy/random.ts';
import { bareCopy } from './bare-copy.ts';
import { MUTATIONS, type Mutation, mutate } from './mutate.ts';
import { type Everything, readEverything } from './read-everything.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');
const MOST_KEPT = 200;

interface Target {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Damage is done behind this place. */
  readonly from: number;
  readonly undamaged: Everything;
}

const { values } = parseArgs({
  options: { count: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' }, keep: { type: 'string' } },
});
const count = Number(values.count);
const targets = await listTargets();
const outcomes: Record<string, number> = {};
let slowest = { ms: 0, id: '' };
let kept = 0;
for (let i = 0; i < count; i++) {
  const target = targets[i % targets.length] as Target;
  const kind = MUTATIONS[Math.floor(i / targets.length) % MUTATIONS.length] as Mutation;
  const id = `${target.name}-${kind}-${values.seed}-${i}`;
  const damaged = mutate(target.bytes, kind, target.from, new Random(id));
  const start = performance.now();
  const everything = await readEverything(damaged).catch((error: unknown) => {
    throw new Error(`${id}: ${error}`, { cause: error });
  });
  const ms = performance.now() - start;
  if (ms > slowest.ms) slowest = { ms: Math.round(ms), id };
  const outcome = outcomeOf(everything, target.undamaged);
  outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  if (values.keep !== undefined && outcome === 'other values' && kept++ < MOST_KEPT) keep(values.keep, id, damaged);
  await setImmediate(); // native decoders free their memory between turns of the event loop
}
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(JSON.stringify({ files: targets.length / 2, count, slowest, peakMb, outcomes }));

/** Each file as it is, and its bare copy, which must hold the same. */
async function listTargets(): Promise<Target[]> {
  const all: Target[] = [];
  const names = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.root'));
  for (const name of names.sort()) {
    const bytes = readFileSync(join(FIXTURES, name));
    const bare = await bareCopy(bytes);
    const undamaged = await readEverything(bytes);
    const title = name.replace('.root', '').replaceAll(/[/\\]/g, '_');
    if (!sameDigests(await readEverything(bare.bytes), undamaged)) throw new Error(`the bare copy of ${name} holds something else`);
    all.push({ name: title, bytes, from: 0, undamaged }, { name: `${title}_bare`, bytes: bare.bytes, from: bare.objectsAt, undamaged });
  }
  return all;
}

function outcomeOf(found: Everything, undamaged: Everything): string {
  for (const code of found.codes) if (!undamaged.codes.has(code)) return code;
  if (found.digests.size < undamaged.digests.size) return 'less is there';
  return sameDigests(found, undamaged) ? 'the same values' : 'other values';
}

function sameDigests(a: Everything, b: Everything): boolean {
  return a.digests.size === b.digests.size && [...a.digests].every(([branch, digest]) => b.digests.get(branch) === digest);
}

function keep(folder: string, id: string, bytes: Uint8Array): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${id}.root`), bytes);
}
