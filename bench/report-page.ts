/** A page for people, with pictures, from the results of a benchmark. */
import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type BarGroup, drawBars } from './bars.ts';
import { HIGGSFLOW } from './measure.ts';
import type { Report, Result } from './report.ts';

/** What the programs are, for people. */
const PEERS: Readonly<Record<string, string>> = {
  higgsflow: 'higgsflow',
  'higgsflow-data': 'higgsflow `--verify data`',
  uproot: 'uproot `iterate`',
  coffea: 'coffea (virtual arrays)',
  rdf: 'RDataFrame, compiled',
  reader: 'TTreeReader, compiled',
  jsroot: 'jsroot `TSelector`',
  'c-limit': 'C limit',
};

/** Writes `page` and its pictures, whose names start with the page's. */
export function writePage(page: string, report: Report): void {
  const stem = page.replace(/\.md$/, '');
  const picture = (name: string, title: string, groups: readonly BarGroup[], mark?: number): string => {
    const file = `${stem}-${name}.svg`;
    writeFileSync(file, drawBars(title, groups, mark));
    return `![${title}](${basename(file)})`;
  };
  const sections = [intro(report), speed(report, picture), decoders(report), memory(report, picture), threads(report), shares(report), HOW];
  writeFileSync(page, `${sections.filter((section) => section !== '').join('\n\n')}\n`);
}

type Picture = (name: string, title: string, groups: readonly BarGroup[], mark?: number) => string;

function intro({ date, machine, versions, load, results }: Report): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `# How fast it is

Measured on ${date.slice(0, 10)} on ${machine.cores} cores (${machine.cpu}) with ${machine.memoryGb} GB, load ${load.map((n) => n.toFixed(1)).join(' to ')}, with
${software.join(', ')}. This page is made by \`npm run bench -- --report\`; [bench/README.md](../bench/README.md) says how and what the cases are.

All programs do the same job on the same file, in turns, and get the same histogram. A **ratio** is another program's CPU time
over ours, the median over the turns: above 1 we are faster. Reading a file's description and V8's compilation are part of our time;
imports and the compilation of C++ are in nobody's. The C limit has neither: it is told where the baskets are. Turns: ${Math.min(...results.map(({ turns }) => turns))}.${
    load.some((n) => n > machine.cores) ? '\nThe machine was busy: ratios say something, seconds little.' : ''
  }`;
}

function speed({ results }: Report, picture: Picture): string {
  const parts: string[] = ['## Beside others, one core'];
  for (const name of caseNames(results)) {
    const own = results.filter((result) => result.case === name && result.threads === 1);
    const codecs = [...new Set(own.map(({ codec }) => codec))];
    const peers = [...new Set(own.filter(({ cpuRatio }) => cpuRatio !== undefined).map(({ peer }) => peer))];
    const ratioOf = (peer: string, codec: string) => own.find((result) => result.peer === peer && result.codec === codec)?.cpuRatio;
    const shown = peers.filter((peer) => peer !== 'jsroot');
    const groups = codecs.map((codec) => ({
      label: codec,
      bars: shown.flatMap((peer) => {
        const value = ratioOf(peer, codec);
        return value === undefined ? [] : [{ label: peer, value }];
      }),
    }));
    const rows = peers.map((peer) => [PEERS[peer] ?? peer, ...codecs.map((codec) => ratioOf(peer, codec)?.toFixed(2) ?? '')]);
    const seconds = codecs.map(
      (codec) => own.find((result) => result.peer === HIGGSFLOW && result.codec === codec)?.cpuSeconds.toFixed(2) ?? '',
    );
    parts.push(picture(name, `${name}: CPU time of others over ours`, groups, 1));
    parts.push(table([name, ...codecs], [...rows, ['our CPU time, s', ...seconds]]));
  }
  return parts.join('\n\n');
}

/** Cases over whole files. */
function caseNames(results: readonly Result[]): string[] {
  return [...new Set(results.map((result) => result.case))].filter((name) => !name.startsWith('codec-'));
}

/** What the C program decodes with, by codec. */
const LIBRARIES: Readonly<Record<string, string>> = {
  zlib: 'libdeflate',
  lz4: 'liblz4 and xxHash',
  zstd: 'libzstd',
  lzma: 'liblzma',
};

function decoders({ results }: Report): string {
  const rows = results.filter((result) => result.case.startsWith('codec-') && result.cpuRatio !== undefined);
  if (rows.length === 0) return '';
  return `## Decoders alone

Our WebAssembly decoders against the C libraries on the same blocks, checksums compared by both: C's CPU time over ours.

${table(
  ['blocks', 'against', 'ratio'],
  rows.map((row) => [row.codec, LIBRARIES[row.codec] ?? '', row.cpuRatio?.toFixed(2) ?? '']),
)}`;
}

function memory({ results }: Report, picture: Picture): string {
  const parts: string[] = ['## Memory', 'Largest resident memory of the process, MB, one thread.'];
  for (const name of caseNames(results)) {
    const own = results.filter((result) => result.case === name && result.threads === 1);
    const codecs = [...new Set(own.map(({ codec }) => codec))];
    const groups = codecs.map((codec) => ({
      label: codec,
      bars: own.filter((result) => result.codec === codec).map(({ peer, rssMb }) => ({ label: peer, value: rssMb })),
    }));
    parts.push(picture(`${name}-memory`, `${name}: memory, MB`, groups));
  }
  return parts.join('\n\n');
}

function threads({ results }: Report): string {
  const ours = results.filter(({ peer }) => peer === HIGGSFLOW);
  const rows = ours
    .filter((result) => result.threads > 1)
    .flatMap((result) => {
      const one = ours.find(({ case: name, codec, threads: count }) => count === 1 && name === result.case && codec === result.codec);
      if (one === undefined) return [];
      return [[result.case, result.codec, String(result.threads), (one.wallSeconds / result.wallSeconds).toFixed(2), String(result.rssMb)]];
    });
  if (rows.length === 0) return '';
  return `## More threads\n\n${table(['case', 'codec', 'threads', 'speed-up', 'memory, MB'], rows)}`;
}

function shares({ profiles = [] }: Report): string {
  if (profiles.length === 0) return '';
  const parts = Object.keys(profiles[0]?.shares ?? {});
  const rows = profiles.map(({ name, codec, shares: own }) => [
    name,
    codec,
    ...parts.map((part) => `${Math.round(100 * (own[part] ?? 0))} %`),
  ]);
  return `## Where our time goes

Shares of the samples of V8's profiler over five warm turns, everything verified. Codecs that are native code count as _the rest_ where V8
does not see them.

${table(['case', 'codec', ...parts], rows)}`;
}

const HOW = `## Measure it yourself

\`\`\`sh
export BENCH_DATA=... BENCH_PYTHON=... BENCH_PEERS=...          # see bench/README.md
npm run bench -- --report docs/performance.md                   # all of it: an hour
npm run bench -- --from bench/results/latest.json --report docs/performance.md   # the page alone, from stored results
npm run bench -- --compare bench/results/2026-12-01.json        # flags every ratio that fell by more than a tenth
\`\`\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows];
  const widths = head.map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${widths.map((width, i) => (row[i] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}
