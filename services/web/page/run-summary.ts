/** Head, totals, downloads and description of a run. */
import { durationText } from '#shared/plot/duration-text.ts';
import { aboutText, countText, percentText } from '#shared/plot/plot-text.ts';
import type { CostSnapshot, OutputSnapshot, RunSnapshot } from '#shared/plot/snapshot.ts';
import { byId, element, setText } from './dom.ts';
import { bytesText, countOfText, secondsText, shortText } from './format.ts';

const STATES = { running: 'Running', complete: 'Complete', incomplete: 'Incomplete', cancelled: 'Cancelled' };

/** Title, state, toy banner. */
export function showHead({ run, state, toy, startedAt, analysis, failures }: RunSnapshot): void {
  setText(byId('title'), analysis.title);
  setText(byId('subtitle'), `Run ${run} · ${analysis.name} · started ${new Date(startedAt).toLocaleString()}`);
  document.title = `${toy ? 'TOY: ' : ''}${analysis.title} · higgsflow`;
  const pill = byId('state');
  pill.hidden = false;
  pill.dataset['state'] = state;
  const failed = failures.length === 0 ? '' : `, ${failures.length === 1 ? '1 failure' : `${failures.length} failures`}`;
  setText(pill, `${STATES[state]}${failed}`);
  byId('toy').hidden = !toy;
}

/** Remembers the last seconds to tell how fast bytes come in. */
export class ByteRate {
  readonly #seen: { readonly atMs: number; readonly bytes: number }[] = [];

  /** Bytes per second over the last ten seconds of the run, or over all of it once it has ended. */
  add({ state, elapsedMs, totals }: RunSnapshot): number {
    const now = { atMs: elapsedMs, bytes: totals.bytesRead };
    // A run that starts over (or another one) makes what was seen worthless.
    if ((this.#seen.at(-1)?.atMs ?? 0) > now.atMs) this.#seen.length = 0;
    this.#seen.push(now);
    while ((this.#seen[0]?.atMs ?? 0) < now.atMs - 10_000) this.#seen.shift();
    const first = state === 'running' && this.#seen.length > 1 ? (this.#seen[0] ?? now) : { atMs: 0, bytes: 0 };
    const seconds = (now.atMs - first.atMs) / 1000;
    return seconds > 0 ? (now.bytes - first.bytes) / seconds : 0;
  }
}

/** The line of totals over the plot. */
export function showTotals(snapshot: RunSnapshot, bytesPerSecond: number): void {
  const { totals, state, elapsedMs } = snapshot;
  const bar = byId<HTMLProgressElement>('overall');
  bar.value = Number.isFinite(totals.completeness) ? totals.completeness : 0;
  bar.className = totals.entriesLost > 0 || totals.tasksFailed > 0 ? 'lost' : state === 'complete' ? 'full' : '';
  const lost = totals.entriesLost > 0 ? `, ${countText(totals.entriesLost)} lost` : '';
  setText(
    byId('overall-text'),
    `${aboutText(totals.entriesExpected)}${percentText(totals.completeness)} read: ${countOfText(totals.entriesCommitted, totals.entriesExpected)} entries${lost}`,
  );
  const running = state === 'running';
  const rate = running ? totals.entriesPerSecond : elapsedMs > 0 ? totals.entriesCommitted / (elapsedMs / 1000) : 0;
  const numbers: readonly (readonly [string, string])[] = [
    [running ? 'Events/s' : 'Events/s, mean', shortText(rate)],
    [running ? 'Read/s' : 'Read/s, mean', bytesText(bytesPerSecond)],
    ['Read', bytesText(totals.bytesRead)],
    ['Files', countOfText(totals.filesDone, totals.files)],
    ['Elapsed', durationText(elapsedMs)],
    ['Left', running ? durationText(totals.etaMs) : '–'],
  ];
  const list = byId('totals');
  if (list.children.length !== numbers.length) {
    list.replaceChildren(...numbers.map(() => element('div', {}, element('dt'), element('dd'))));
  }
  for (const [index, [name, value]] of numbers.entries()) {
    const [term, definition] = [...(list.children[index]?.children ?? [])] as HTMLElement[];
    if (term !== undefined) setText(term, name);
    if (definition !== undefined) setText(definition, value);
  }
}

/** The stream of a run ends with it: what becomes of its files then, the page learns when it is loaded again. */
function uploadText({ folder, state, error }: OutputSnapshot, ended: boolean): string {
  if (state === 'done') return `All files are in ${folder} as well.`;
  if (state === 'failed') return `The files could not be uploaded: ${error}`;
  return ended ? `The files are being uploaded to ${folder} ...` : `All go to ${folder} as well.`;
}

const FILES = ['histograms.root', 'histograms.json', 'histograms.csv', 'report.json', 'report.md'];

/** Links to the run's files; all but the plot are written at its end. */
export function showDownloads({ run, state, output }: RunSnapshot, plotQuery: string): void {
  const base = `/runs/${encodeURIComponent(run)}/files`;
  const link = (name: string, href: string) => element('li', {}, element('a', { href, download: `${run}-${name}` }, name));
  const ended = state !== 'running';
  const list = byId('files');
  const key = `${run} ${ended} ${output?.state}`;
  if (list.dataset['key'] !== key) {
    list.dataset['key'] = key;
    const others = FILES.map((name) => (ended ? link(name, `${base}/${name}`) : element('li', { class: 'faint' }, name)));
    list.replaceChildren(link('plot.png', `${base}/plot.png`), ...others);
    const note = ended ? 'The plot is 1800 × 1440 pixels, as chosen above.' : 'The plot as of now; the other files are written at the end.';
    setText(byId('files-note'), `${note}${output === undefined ? '' : ` ${uploadText(output, ended)}`}`);
  }
  list.querySelector('a')?.setAttribute('href', `${base}/plot.png?${plotQuery}`);
}

/** What it took, and where its bytes came from. */
function costRows(cost: CostSnapshot | undefined): readonly (readonly [string, string])[] {
  if (cost === undefined) return [];
  const places = Object.entries(cost.bytesFrom).filter(([, bytes]) => bytes > 0);
  const text = places.sort(([, a], [, b]) => b - a).map(([place, bytes]) => `${bytesText(bytes)} from ${place}`);
  return [
    ['CPU time', `${secondsText(cost.coreSeconds)} core-seconds`],
    ['Bytes', text.length === 0 ? '–' : text.join(', ')],
  ];
}

/** Parameters and conditions of the run. */
export function showAbout({ run, toy, analysis, experiment, datasets, totals, cost }: RunSnapshot): void {
  const source = toy ? ['Toy data in', experiment.name, 'format'] : [experiment.name, experiment.status];
  const known: readonly (readonly [string, string])[] = [
    ['Run', run],
    ['Analysis', analysis.name],
    ['Experiment', source.filter((part) => part !== '').join(' ') || '–'],
    ['Luminosity read', experiment.luminosityReadFb === undefined ? '–' : `${Number(experiment.luminosityReadFb.toPrecision(4))} fb⁻¹`],
    ['Tasks', `${countText(totals.tasksCommitted)} committed, ${countText(totals.tasksFailed)} failed, ${countText(totals.tasks)} in all`],
    ['Datasets', countText(datasets.length)],
    ...costRows(cost),
    ...Object.entries(analysis.parameters).map(
      ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
    ),
  ];
  const key = JSON.stringify(known);
  const list = byId('about');
  if (list.dataset['key'] === key) return;
  list.dataset['key'] = key;
  list.replaceChildren(...known.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))));
}
