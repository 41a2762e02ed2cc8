/** The tables beside and under the plot. */
import { significances } from '#shared/analysis/significance.ts';
import { durationText } from '#shared/plot/duration-text.ts';
import { presentGroups } from '#shared/plot/group-sums.ts';
import type { PlotModel } from '#shared/plot/plot-model.ts';
import { aboutText, countText, percentText } from '#shared/plot/plot-text.ts';
import { poolProblems, poolWorkersText } from '#shared/plot/pool-text.ts';
import type { DatasetSnapshot, FailureSnapshot, RunSnapshot } from '#shared/plot/snapshot.ts';
import { plainSymbols, symbolRuns } from '#shared/plot/symbol-text.ts';
import { cutFlowRows, type PlotYields, plotYields } from '#shared/plot/yields.ts';
import { byId, columnHead, element, fillTable, numberCell, setText } from './dom.ts';
import { countOfText, shortText } from './format.ts';

/** A label with its subscripts and superscripts. */
function labelNodes(label: string): Node[] {
  return symbolRuns(label).map(({ text, script }) => {
    return script === 'none' ? document.createTextNode(text) : element(script === 'sub' ? 'sub' : 'sup', {}, text);
  });
}

/** A group's mark, coloured as in the plot. */
function swatch(kind: string, color: string): HTMLElement {
  const mark = element('span', { class: kind === 'data' ? 'swatch data' : 'swatch', 'aria-hidden': 'true' });
  if (kind !== 'data') mark.style.background = color;
  return mark;
}

/** Yields in the signal window and in the whole range, and what the signal is worth. */
export function showYields(model: PlotModel, snapshot: RunSnapshot): void {
  const { signalWindow } = snapshot.analysis;
  const window = signalWindow?.histogram === model.name ? plotYields(model, signalWindow) : undefined;
  const whole = plotYields(model, undefined);
  const columns = [window, whole].filter((column) => column !== undefined);
  const row = (name: readonly Node[], of: (yields: PlotYields) => string, kind?: string) =>
    element('tr', { class: kind }, element('th', { scope: 'row' }, ...name), ...columns.map((column) => numberCell(of(column))));
  const groups = model.layers.map(({ label, color, kind }, index) =>
    row([swatch(kind, color), ...labelNodes(label)], ({ groups: all }) => countText(all[index]?.value ?? 0)),
  );
  const total = row(
    [document.createTextNode('All MC, ± stat.')],
    (yields) => `${countText(yields.signal + yields.background)} ± ${countText(yields.error)}`,
    'sum',
  );
  const data = row([swatch('data', ''), document.createTextNode(model.data?.label ?? '')], (yields) => countText(yields.data ?? 0), 'sum');
  const unit = /\[([^\]]+)\]$/.exec(model.x.title)?.[1] ?? '';
  const head = columns.map(({ lo, hi }) => columnHead(`${lo}–${hi} ${unit}`, 'number'));
  const rows = [...(model.data === undefined ? [] : [data]), ...groups.reverse(), ...(model.total === undefined ? [] : [total])];
  fillTable(byId('yields'), [columnHead(''), ...head], rows);
  setText(byId('significance'), window === undefined ? '' : significanceText(window));
}

function significanceText(window: PlotYields): string {
  const { signalOverRootBackground, asimov } = significances(window);
  if (signalOverRootBackground === undefined) return '';
  const expected = asimov === undefined ? '' : `; expected significance ${asimov.toFixed(2)} σ (Asimov, no systematics)`;
  return `In ${window.lo}–${window.hi}: S/√B = ${signalOverRootBackground.toFixed(2)}${expected}`;
}

/** What each group keeps after each cut. */
export function showCutFlow(snapshot: RunSnapshot): void {
  const head = presentGroups(snapshot).map(({ label, kind, color }) => {
    const cell = columnHead(swatch(kind, color), 'number');
    cell.append(...labelNodes(label));
    return cell;
  });
  const rows = cutFlowRows(snapshot).map(({ step, values }) =>
    element('tr', {}, element('th', { scope: 'row' }, step), ...values.map((value) => numberCell(countText(value)))),
  );
  fillTable(byId('cutflow'), [columnHead('Cut'), ...head], rows);
}

/** One line a dataset: how far it is, how fast, and what it lost. */
export function showDatasets({ datasets, groups }: RunSnapshot): void {
  const colors = new Map(groups.map((group) => [group.name, group]));
  const heads = ['Files', 'Entries', 'Entries/s', 'Left', 'Lost'].map((text) => columnHead(text, 'number'));
  const rows = datasets.map((dataset) => {
    const group = colors.get(dataset.group);
    const mark = group === undefined ? [] : [swatch(group.kind, group.color)];
    return element(
      'tr',
      {},
      element('th', { scope: 'row', title: plainSymbols(group?.label ?? '') }, ...mark, dataset.name),
      element('td', { class: 'progress' }, progressBar(dataset)),
      numberCell(countOfText(dataset.filesDone, dataset.files), 'Files'),
      numberCell(countOfText(dataset.entriesCommitted, dataset.entriesExpected), 'Entries'),
      numberCell(dataset.entriesPerSecond > 0 ? shortText(dataset.entriesPerSecond) : '–', 'Entries/s'),
      numberCell(durationText(dataset.etaMs), 'Left'),
      numberCell(lostText(dataset), 'Lost'),
    );
  });
  fillTable(byId('datasets'), [columnHead('Dataset'), columnHead('Read'), ...heads], rows);
}

/** One line a pool, where a run has several. */
export function showPools(snapshot: RunSnapshot): void {
  const { pools = [] } = snapshot;
  byId('pools-card').hidden = pools.length === 0;
  setText(byId('pools-problem'), poolProblems(snapshot).join('; '));
  const heads = ['Done', 'Running', 'Waiting', 'Failed', 'Taken over'].map((text) => columnHead(text, 'number'));
  const rows = pools.map((pool) =>
    element(
      'tr',
      { class: pool.workers === 0 && pool.tasksWaiting > 0 ? 'stuck' : undefined },
      element('th', { scope: 'row' }, pool.name),
      numberCell(countText(pool.tasksCommitted), 'Done'),
      numberCell(countText(pool.tasksRunning), 'Running'),
      numberCell(countText(pool.tasksWaiting), 'Waiting'),
      numberCell(countText(pool.tasksFailed), 'Failed'),
      numberCell(countText(pool.tasksTaken), 'Taken over'),
      element('td', { title: pool.workerNames.join(', ') }, poolWorkersText(pool)),
    ),
  );
  fillTable(byId('pools'), [columnHead('Pool'), ...heads, columnHead('Workers')], rows);
}

function progressBar({ name, completeness, entriesExpected, tasksFailed }: DatasetSnapshot): HTMLElement {
  const share = Number.isFinite(completeness) ? completeness : 0;
  const state = tasksFailed > 0 ? 'lost' : share >= 1 ? 'full' : undefined;
  const bar = element('progress', { max: '1', value: String(share), 'aria-label': `${name}, entries read`, class: state });
  return element(
    'div',
    { class: 'cell-bar' },
    bar,
    element('span', { class: 'number' }, `${aboutText(entriesExpected)}${percentText(share)}`),
  );
}

function lostText({ entriesLost, entriesExpected, tasksFailed }: DatasetSnapshot): string {
  if (entriesLost > 0) return `${countText(entriesLost)}${entriesExpected === undefined ? ' + ?' : ''}`;
  return tasksFailed > 0 ? 'unknown' : '–';
}

/** A run over thousands of files may fail thousands of times. */
const SHOWN_FAILURES = 50;

/** What failed, why, and what it cost. */
export function showFailures({ failures }: RunSnapshot): void {
  byId('failures-card').hidden = failures.length === 0;
  setText(byId('failures-title'), failures.length === 1 ? 'One failure' : `${failures.length} failures`);
  const rest = failures.length - SHOWN_FAILURES;
  const more = rest > 0 ? [element('li', {}, `… and ${countText(rest)} more: all are in report.json at the end of the run.`)] : [];
  byId('failures').replaceChildren(...failures.slice(0, SHOWN_FAILURES).map(failureItem), ...more);
}

function failureItem({ dataset, file, code, message, from, to, entriesLost, attempts }: FailureSnapshot): HTMLElement {
  const range = from === undefined || to === undefined ? '' : `, entries ${countText(from)} to ${countText(to)}`;
  const lost = entriesLost === undefined ? 'an unknown number of entries lost' : `${countText(entriesLost)} entries lost`;
  return element(
    'li',
    {},
    element('span', { class: 'code' }, code),
    ` in ${dataset}: ${message}`,
    element('div', { class: 'small faint' }, `${file}${range}: ${lost}, tried ${attempts === 1 ? 'once' : `${attempts} times`}`),
  );
}
