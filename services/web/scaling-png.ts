/** Workers over time as a picture: what the autoscaler did, and what there was to do. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import type { ChartConfiguration, ChartDataset, ScaleOptions } from 'chart.js';
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import type { ScalingColumn, ScalingRow } from '#shared/kubernetes/scaling-sample.ts';

const FONT = 'higgsflow';
const WIDTH = 1000;
const HEIGHT = 800;
const SCALE = 2;

interface Line {
  readonly column: ScalingColumn;
  readonly label: string;
  readonly color: string;
  readonly axis: string;
  readonly filled?: boolean;
  readonly dashed?: boolean;
}

/** Colours that people who see few of them tell apart. */
const LINES: readonly Line[] = [
  { column: 'running', label: 'workers running', color: '#0072b2', axis: 'workers', filled: true },
  { column: 'hpa_desired', label: 'wanted by the autoscaler', color: '#d55e00', axis: 'workers' },
  { column: 'hpa_max', label: 'limit', color: '#999999', axis: 'workers', dashed: true },
  { column: 'hpa_cpu_percent', label: 'CPU, % of request', color: '#cc79a7', axis: 'cpu' },
  { column: 'tasks_remaining', label: 'tasks left', color: '#009e73', axis: 'tasks', filled: true },
  { column: 'events_per_second', label: 'events / s', color: '#000000', axis: 'rate' },
];

/** Panels from the bottom up. */
const PANELS: readonly { readonly axis: string; readonly title: string; readonly weight: number }[] = [
  { axis: 'rate', title: 'events / s', weight: 1 },
  { axis: 'tasks', title: 'tasks left', weight: 1 },
  { axis: 'cpu', title: 'CPU, %', weight: 1 },
  { axis: 'workers', title: 'workers', weight: 2 },
];

/** A PNG of the rows, time from the first one in seconds. */
export function drawScaling(rows: readonly ScalingRow[]): Uint8Array {
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  GlobalFonts.registerFromPath(join(fonts, 'DejaVuSans.ttf'), FONT);
  const renderer = new ChartJSNodeCanvas({ width: WIDTH, height: HEIGHT, backgroundColour: 'white' });
  return renderer.renderToBufferSync(scalingChart(rows) as ChartConfiguration, 'image/png');
}

/** The chart: one time axis, a panel for each quantity. */
export function scalingChart(rows: readonly ScalingRow[]): ChartConfiguration<'line', { x: number; y: number }[]> {
  const start = rows[0]?.time ?? 0;
  const datasets = LINES.map((line) => datasetOf(line, rows, start));
  const panels = PANELS.map(({ axis, title, weight }) => [axis, panel(title, weight, highest(axis, rows))] as const);
  return {
    type: 'line',
    data: { datasets: datasets.filter(({ data }) => data.length > 0) },
    options: {
      animation: false,
      responsive: false,
      devicePixelRatio: SCALE,
      font: { family: FONT, size: 14 },
      layout: { padding: 12 },
      scales: {
        x: {
          type: 'linear',
          max: ((rows.at(-1)?.time ?? start) - start) / 1000,
          title: { display: true, text: 'time / s', font: { family: FONT, size: 14 } },
          ticks: { font: { family: FONT }, includeBounds: false },
        },
        ...Object.fromEntries(panels),
      },
      plugins: { legend: { position: 'top', labels: { font: { family: FONT, size: 13 }, boxHeight: 2, boxWidth: 24 } } },
    },
  };
}

function highest(axis: string, rows: readonly ScalingRow[]): number {
  const values = LINES.filter((line) => line.axis === axis).flatMap(({ column }) => rows.map((row) => row[column]));
  return values.reduce((most, value) => Math.max(value, most), 1);
}

/** A little higher than its values, and without a tick at its top: there, the panel above begins. */
function panel(title: string, weight: number, most: number): ScaleOptions<'linear'> {
  return {
    type: 'linear',
    position: 'left',
    stack: 'panels',
    stackWeight: weight,
    min: 0,
    max: most * 1.12,
    title: { display: true, text: title, font: { family: FONT, size: 13 } },
    ticks: { font: { family: FONT }, precision: 0, maxTicksLimit: 6, includeBounds: false },
  } as unknown as ScaleOptions<'linear'>;
}

function datasetOf(line: Line, rows: readonly ScalingRow[], start: number): ChartDataset<'line', { x: number; y: number }[]> {
  const points = rows.map((row) => ({ x: (row.time - start) / 1000, y: row[line.column] }));
  return {
    label: line.label,
    data: points.filter(({ y }) => !Number.isNaN(y)),
    yAxisID: line.axis,
    borderColor: line.color,
    backgroundColor: `${line.color}33`,
    borderWidth: 2,
    borderDash: line.dashed === true ? [6, 4] : [],
    fill: line.filled === true ? 'origin' : false,
    stepped: line.axis === 'workers' ? 'before' : false,
    pointRadius: 0,
  };
}
