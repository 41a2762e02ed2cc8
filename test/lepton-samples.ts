/** Small ROOT files with the columns that the analysis atlas-hzz-2020 reads: random leptons, no physics. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { zlibCompressor } from '#shared/root/write/compress.ts';
import { namedText, RootFileWriter } from '#shared/root/write/file-writer.ts';
import { openFileSink } from '#shared/root/write/sink.ts';
import { TreeWriter } from '#shared/root/write/tree-writer.ts';
import { TOY_MARK } from '#shared/toy/toy-mark.ts';

/** Entries by dataset of the catalogue atlas-2020. */
export const SAMPLES: Readonly<Record<string, number>> = { data_A: 1500, data_B: 2100, Zee: 900, llll: 5000, ggH125_ZZ4lep: 3300 };

const JAGGED = [
  { name: 'lep_pt', type: 'f32[]' },
  { name: 'lep_eta', type: 'f32[]' },
  { name: 'lep_phi', type: 'f32[]' },
  { name: 'lep_E', type: 'f32[]' },
  { name: 'lep_charge', type: 'i32[]' },
  { name: 'lep_type', type: 'u32[]' },
] as const;
const WEIGHTS = ['mcWeight', 'scaleFactor_PILEUP', 'scaleFactor_ELE', 'scaleFactor_MUON', 'scaleFactor_LepTRIGGER'];

/** Writes `toy_<dataset>.root` for each sample and returns their paths. */
export function writeLeptonSamples(folder: string, samples: Readonly<Record<string, number>> = SAMPLES, clusterEntries = 250): string[] {
  mkdirSync(folder, { recursive: true });
  return Object.entries(samples).map(([dataset, entries], seed) => {
    const path = join(folder, `toy_${dataset}.root`);
    writeSample(path, entries, clusterEntries, seed + 1);
    return path;
  });
}

function writeSample(path: string, entries: number, clusterEntries: number, seed: number): void {
  const sink = openFileSink(path);
  const file = new RootFileWriter(sink, { name: 'sample.root', compressor: zlibCompressor });
  file.writeObject(namedText(TOY_MARK, '{}'), { name: TOY_MARK, title: '{}' });
  const branches = [...JAGGED, ...WEIGHTS.map((name) => ({ name, type: 'f32' as const }))];
  const tree = new TreeWriter(file, { name: 'mini', branches, clusterEntries });
  tree.append(columns(entries, randomNumbers(seed)), entries);
  tree.close();
  file.close();
  sink.close();
}

function columns(entries: number, random: () => number) {
  const offsets = Int32Array.from({ length: entries + 1 }, (_, i) => 4 * i);
  const floats = (make: () => number) => ({ offsets, values: Float32Array.from({ length: 4 * entries }, make) });
  return {
    lep_pt: floats(() => 10_000 + 60_000 * random()),
    lep_eta: floats(() => 4 * random() - 2),
    lep_phi: floats(() => 6 * random() - 3),
    lep_E: floats(() => 80_000 + 100_000 * random()),
    lep_charge: { offsets, values: Int32Array.from({ length: 4 * entries }, (_, i) => (i % 2 === 0 ? 1 : -1)) },
    lep_type: { offsets, values: Uint32Array.from({ length: 4 * entries }, () => (random() < 0.5 ? 11 : 13)) },
    ...Object.fromEntries(WEIGHTS.map((name) => [name, { values: Float32Array.from({ length: entries }, () => 1.3 * random() - 0.1) }])),
  };
}

/** Numerical Recipes' generator: the same numbers everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
