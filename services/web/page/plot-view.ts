/** The plot on its canvas, its buttons, the read-out of single bins and the table of all of them. */
import type { Chart as ChartClass } from 'chart.js';
import { chartConfiguration } from '#shared/plot/chart.ts';
import type { Pointer } from '#shared/plot/draw-shapes.ts';
import { buildPlotModel, canBeLog, drawableHistograms, type PlotModel } from '#shared/plot/plot-model.ts';
import { countText } from '#shared/plot/plot-text.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { plainSymbols } from '#shared/plot/symbol-text.ts';
import { darkTheme, lightTheme } from '#shared/plot/theme.ts';
import type { ScaleType } from '#shared/plot/ticks.ts';
import { plotInWords } from '#shared/plot/yields.ts';
import { byId, columnHead, element, fillTable, numberCell, setText } from './dom.ts';
import { isDark } from './theme-switch.ts';

/** Put there by the script before this module; it registers all that the configuration needs. */
declare const Chart: typeof ChartClass;

const FONTS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

export interface PlotView {
  /** Draws this state of the run; returns the model drawn, or undefined where the run has nothing to draw. */
  show(snapshot: RunSnapshot): PlotModel | undefined;
  /** Draws the last state again: the theme or the size has changed. */
  redraw(): void;
}

interface ViewState {
  snapshot?: RunSnapshot;
  model?: PlotModel;
  chart?: ChartClass;
  histogram?: string;
  xScale?: ScaleType;
  yScale?: ScaleType;
  readonly pointer: Pointer;
}

/** Wires the plot's part of the page. `onModel` is called when the reader chooses another histogram. */
export function createPlotView(onModel: (model: PlotModel, snapshot: RunSnapshot) => void): PlotView {
  const state: ViewState = { pointer: {} };
  const redraw = () => draw(state);
  const show = (snapshot: RunSnapshot) => {
    state.snapshot = snapshot;
    rebuild(state);
    return state.model;
  };
  const changed = () => {
    rebuild(state);
    if (state.model !== undefined && state.snapshot !== undefined) onModel(state.model, state.snapshot);
  };
  byId<HTMLSelectElement>('chooser').addEventListener('change', ({ target }) => {
    state.histogram = (target as HTMLSelectElement).value;
    delete state.xScale;
    delete state.yScale;
    delete state.pointer.bin;
    changed();
  });
  for (const axis of ['x', 'y'] as const) {
    byId(`log-${axis}`).addEventListener('click', () => {
      state[`${axis}Scale`] = state.model?.[axis].scale === 'log' ? 'linear' : 'log';
      changed();
    });
  }
  byId('bins').addEventListener('toggle', () => showBins(state));
  wirePointer(state);
  new ResizeObserver(redraw).observe(byId('frame'));
  return { show, redraw };
}

/** From the snapshot to a drawn plot with everything that tells about it. */
function rebuild(state: ViewState): void {
  const { snapshot } = state;
  if (snapshot === undefined) return;
  const drawable = drawableHistograms(snapshot);
  const chosen = drawable.find(({ name }) => name === state.histogram) ?? drawable[0];
  if (chosen === undefined) return;
  state.model = buildPlotModel(snapshot, chosen.name, { xScale: state.xScale, yScale: state.yScale });
  showChooser(drawable, chosen.name);
  setText(byId('plot-title'), state.model.title);
  byId('log-y').setAttribute('aria-pressed', String(state.model.y.scale === 'log'));
  byId('log-x').setAttribute('aria-pressed', String(state.model.x.scale === 'log'));
  byId('log-x').hidden = !(canBeLog(chosen.axis) && spansDecades(state.model));
  byId('canvas').setAttribute('aria-label', plotInWords(state.model));
  draw(state);
  showReadout(state);
  showBins(state);
}

/** Over less than a decade or so a logarithmic axis shows nothing new. */
function spansDecades({ x: { edges } }: PlotModel): boolean {
  return (edges.at(-1) ?? 0) / (edges[0] ?? 1) > 20;
}

function showChooser(drawable: readonly { readonly name: string; readonly title: string }[], chosen: string): void {
  const chooser = byId<HTMLSelectElement>('chooser');
  byId('chooser-label').hidden = drawable.length < 2;
  if (chooser.options.length !== drawable.length) {
    chooser.replaceChildren(...drawable.map(({ name, title }) => element('option', { value: name }, title)));
  }
  chooser.value = chosen;
}

function draw(state: ViewState): void {
  const { model, pointer } = state;
  if (model === undefined) return;
  const canvas = byId<HTMLCanvasElement>('canvas');
  const { clientWidth: width, clientHeight: height } = byId('frame');
  if (width === 0 || height === 0) return;
  state.chart?.destroy();
  Object.assign(canvas, { width, height });
  const theme = isDark() ? darkTheme(FONTS) : lightTheme(FONTS);
  state.chart = new Chart(canvas, chartConfiguration(model, { theme, size: { width, height }, pixelRatio: devicePixelRatio, pointer }));
}

function wirePointer(state: ViewState): void {
  const pointer = byId('pointer');
  const point = (bin: number | undefined) => {
    if (bin === state.pointer.bin) return;
    state.pointer.bin = bin;
    state.chart?.draw();
    showReadout(state);
  };
  pointer.addEventListener('pointermove', ({ clientX }) => point(binAt(state, clientX - pointer.getBoundingClientRect().left)));
  pointer.addEventListener('pointerleave', () => point(undefined));
  pointer.addEventListener('blur', () => point(undefined));
  pointer.addEventListener('keydown', (event) => {
    const last = (state.model?.x.edges.length ?? 1) - 2;
    const step = STEPS[event.key];
    if (event.key === 'Escape') point(undefined);
    if (step === undefined || last < 0) return;
    event.preventDefault();
    const from = state.pointer.bin ?? (step > 0 ? -1 : last + 1);
    point(Math.min(last, Math.max(0, from + step)));
  });
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

function binAt({ chart, model }: ViewState, x: number): number | undefined {
  const value = chart?.scales['x']?.getValueForPixel(x);
  const edges = model?.x.edges ?? [];
  if (value === undefined) return undefined;
  const bin = edges.findLastIndex((edge) => edge <= value);
  return bin >= 0 && bin < edges.length - 1 ? bin : undefined;
}

function showReadout({ model, pointer: { bin } }: ViewState): void {
  const readout = byId('readout');
  const slider = byId('pointer');
  slider.setAttribute('aria-valuemax', String(Math.max(1, (model?.x.edges.length ?? 1) - 1)));
  slider.setAttribute('aria-valuenow', String((bin ?? 0) + 1));
  if (model === undefined || bin === undefined) {
    slider.setAttribute('aria-valuetext', 'none');
    if (readout.firstElementChild?.className !== 'faint') readout.replaceChildren(element('span', { class: 'faint' }, HINT));
    return;
  }
  const numbers = binNumbers(model, bin);
  slider.setAttribute('aria-valuetext', `${binText(model, bin)}: ${numbers}`);
  readout.replaceChildren(element('b', {}, binText(model, bin)), ` ${numbers}`);
}

const HINT = 'Point at a bin, or use the arrow keys, to read its numbers.';

function binNumbers(model: PlotModel, bin: number): string {
  const point = model.data?.points.find((candidate) => candidate.bin === bin);
  const numbers = [
    ...(model.data === undefined ? [] : [`${model.data.label} ${countText(point?.value ?? 0)}`]),
    ...model.layers.map(({ label, values }) => `${plainSymbols(label)} ${countText(values[bin] ?? 0)}`).reverse(),
    ...(model.total === undefined ? [] : [`MC ${countText(model.total.values[bin] ?? 0)} ± ${countText(model.total.errors[bin] ?? 0)}`]),
  ];
  return numbers.join(' · ');
}

function binText({ x }: PlotModel, bin: number): string {
  if (x.categories !== undefined) return x.categories[bin] ?? '';
  const round = (edge: number | undefined) => Number((edge ?? 0).toPrecision(6));
  const unit = /\[([^\]]+)\]$/.exec(x.title)?.[1];
  return `${round(x.edges[bin])}–${round(x.edges[bin + 1])}${unit === undefined ? '' : ` ${unit}`}`;
}

/** The table is filled only while it is open: it has as many rows as bins. */
function showBins({ model }: ViewState): void {
  if (model === undefined || !byId<HTMLDetailsElement>('bins').open) return;
  const head = ['Bin', ...(model.data === undefined ? [] : [model.data.label]), ...model.layers.map(({ label }) => plainSymbols(label))];
  const withTotal = model.total === undefined ? head : [...head, 'MC', '± stat.'];
  const rows = model.x.edges.slice(1).map((_, bin) => {
    const point = model.data?.points.find((candidate) => candidate.bin === bin);
    const numbers = [
      ...(model.data === undefined ? [] : [point?.value ?? 0]),
      ...model.layers.map(({ values }) => values[bin] ?? 0),
      ...(model.total === undefined ? [] : [model.total.values[bin] ?? 0, model.total.errors[bin] ?? 0]),
    ];
    return element('tr', {}, element('th', { scope: 'row' }, binText(model, bin)), ...numbers.map((value) => numberCell(countText(value))));
  });
  fillTable(
    byId('bins-table'),
    withTotal.map((text, index) => columnHead(text, index === 0 ? 'text' : 'number')),
    rows,
  );
}
