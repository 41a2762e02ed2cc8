/** One benchmark case by jsroot's own selector, as bench/ours.ts does it: `node test/jsroot-bench.ts CASE FILE` prints one JSON line. */
import { basename } from 'node:path';
import { openFile } from 'jsroot';
import { TSelector, treeProcess } from 'jsroot/tree';

const [name = '', file = ''] = process.argv.slice(2);

type Lists = Readonly<Record<string, ArrayLike<number>>>;

/** Contents of a histogram with under- and overflow. */
function histogram(bins: number, lo: number, hi: number) {
  const contents = new Float64Array(bins + 2);
  const fill = (x: number, weight: number) => {
    const bin = Math.floor((bins * (x - lo)) / (hi - lo));
    const cell = bin < 0 ? 0 : bin >= bins ? bins + 1 : bin + 1;
    contents[cell] = (contents[cell] ?? 0) + weight;
  };
  return { fill, sum: () => contents.reduce((a, b) => a + b, 0) };
}

const at = (list: ArrayLike<number> | undefined, i: number) => list?.[i] ?? Number.NaN;
const sumOfFour = (list: ArrayLike<number> | undefined) => at(list, 0) + at(list, 1) + at(list, 2) + at(list, 3);

const WEIGHTS = ['mcWeight', 'scaleFactor_PILEUP', 'scaleFactor_ELE', 'scaleFactor_MUON', 'scaleFactor_LepTRIGGER'];

/** Mass of the first `count` objects, from energies or from masses. */
function mass({ pt, eta, phi }: Lists, count: number, energyOf: (i: number, squared: number) => number): number {
  let [e, x, y, z] = [0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const px = at(pt, i) * Math.cos(at(phi, i));
    const py = at(pt, i) * Math.sin(at(phi, i));
    const pz = at(pt, i) * Math.sinh(at(eta, i));
    x += px;
    y += py;
    z += pz;
    e += energyOf(i, px * px + py * py + pz * pz);
  }
  return Math.sqrt(Math.max(e * e - x * x - y * y - z * z, 0));
}

const JOBS = {
  'atlas-hzz': {
    tree: 'mini',
    branches: ['lep_pt', 'lep_eta', 'lep_phi', 'lep_E', 'lep_charge', 'lep_type', ...WEIGHTS],
    histogram: histogram(34, 80, 250),
    process({ lep_pt: pt, lep_eta: eta, lep_phi: phi, lep_E: energy, lep_charge: charge, lep_type: type, ...rest }: Lists) {
      if ((pt?.length ?? 0) < 4 || ![44, 48, 52].includes(sumOfFour(type)) || sumOfFour(charge) !== 0) return;
      const weight = WEIGHTS.reduce((product, factor) => product * Number(rest[factor]), 1);
      const m4l = mass({ pt, eta, phi } as Lists, 4, (i) => at(energy, i));
      this.histogram.fill(m4l / 1000, weight);
    },
  },
  'cms-dimuon': {
    tree: 'Events',
    branches: ['Muon_pt', 'Muon_eta', 'Muon_phi', 'Muon_mass', 'Muon_charge', 'MET_pt'],
    histogram: histogram(300, 0.25, 300),
    process({ Muon_pt: pt, Muon_eta: eta, Muon_phi: phi, Muon_mass: masses, Muon_charge: charge, MET_pt }: Lists) {
      if (pt?.length !== 2 || at(charge, 0) === at(charge, 1) || !(Number(MET_pt) > 20)) return;
      this.histogram.fill(
        mass({ pt, eta, phi } as Lists, 2, (i, squared) => Math.sqrt(squared + at(masses, i) ** 2)),
        1,
      );
    },
  },
};

const job = JOBS[name as keyof typeof JOBS];
let events = 0;
const selector = new TSelector();
for (const branch of job.branches) selector.addBranch(branch);
selector.Process = function process(this: { tgtobj: Lists }) {
  events++;
  job.process(this.tgtobj);
};

const wall = performance.now();
const cpu = process.cpuUsage();
const root = await openFile(`file://${file}`);
const tree = await root.readObject(job.tree);
await treeProcess(tree, selector, {});
const { user, system } = process.cpuUsage(cpu);
const seconds = (ms: number) => Math.round(ms) / 1000;
if (events === 0) throw new Error('jsroot read no event');
console.log(
  JSON.stringify({
    case: name,
    peer: 'jsroot',
    file: basename(file),
    threads: 1,
    events,
    wall_s: seconds(performance.now() - wall),
    cpu_s: seconds((user + system) / 1000),
    rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    sum: Math.round(job.histogram.sum() * 1000) / 1000,
  }),
);
