/** A plot as PNG bytes, drawn by the code that draws it in the browser, with fonts that come along. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import { ChartJSNodeCanvas } from 'chartjs-node-canvas';
import { chartConfiguration } from '#shared/plot/chart.ts';
import type { PlotModel } from '#shared/plot/plot-model.ts';
import { lightTheme } from '#shared/plot/theme.ts';

/** An image has no system fonts to fall back to (a slim container has none): Greek, √, ℓ and superscripts are in these. */
const FONT = 'higgsflow';
const FACES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans-Oblique.ttf', 'DejaVuSans-BoldOblique.ttf'];

export interface PngOptions {
  /** CSS pixels; the image has `scale` times as many. */
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
}

/** Loads canvas, Chart.js and fonts once; the function returned draws one plot (tens to hundreds of ms, synchronous). */
export function createPngRenderer({ width = 900, height = 720, scale = 2 }: PngOptions = {}): (model: PlotModel) => Uint8Array {
  const renderer = new ChartJSNodeCanvas({ width, height });
  const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
  for (const file of FACES) GlobalFonts.registerFromPath(join(fonts, file), FONT);
  const options = { theme: lightTheme(`"${FONT}"`), size: { width, height }, pixelRatio: scale };
  return (model) => renderer.renderToBufferSync(chartConfiguration(model, options), 'image/png');
}
