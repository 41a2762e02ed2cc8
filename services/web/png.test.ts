import { createCanvas, loadImage } from '@napi-rs/canvas';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildPlotModel } from '#shared/plot/plot-model.ts';
import { lightTheme, mixColors } from '#shared/plot/theme.ts';
import { dimuonSnapshot, fourLeptonSnapshot } from '../../test/run-snapshot.ts';
import { createPngRenderer } from './png.ts';

type Pixels = Awaited<ReturnType<typeof decode>>;

/** Decodes a PNG; `at` gives the colour at a share of width and height, `count` how many pixels have a colour. */
async function decode(png: Uint8Array) {
  const image = await loadImage(Buffer.from(png));
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const hex = (pixel: number) => `#${[0, 1, 2].map((i) => (data[4 * pixel + i] ?? 0).toString(16).padStart(2, '0')).join('')}`;
  const count = (color: string, [left, top, right, bottom] = [0, 0, 1, 1]) => {
    let found = 0;
    for (let y = Math.floor(top! * image.height); y < bottom! * image.height; y++) {
      for (let x = Math.floor(left! * image.width); x < right! * image.width; x++) if (hex(y * image.width + x) === color) found++;
    }
    return found;
  };
  return { width: image.width, height: image.height, count };
}

const theme = lightTheme('x');
const softened = (color: string) => mixColors(color, theme.background, theme.soften);

describe('a plot as PNG', () => {
  const render = createPngRenderer({ width: 600, height: 480 });
  const model = buildPlotModel(fourLeptonSnapshot(), 'm4l');
  let pixels: Pixels;
  beforeAll(async () => {
    pixels = await decode(render(model));
  });

  it('has twice as many pixels as asked for, for print', () => {
    expect([pixels.width, pixels.height]).toEqual([1200, 960]);
  });

  it('shows each group in its colour, and white around', () => {
    for (const color of ['#6b59d3', '#ff0000', '#00cdff']) expect(pixels.count(softened(color))).toBeGreaterThan(500);
    expect(pixels.count(theme.background)).toBeGreaterThan(0.5 * pixels.width * pixels.height);
  });

  it('has text in the label block: the fonts came along', () => {
    expect(pixels.count(theme.ink, [0.11, 0.03, 0.4, 0.16])).toBeGreaterThan(500);
  });

  it('has points in the ratio panel', () => {
    expect(pixels.count(theme.ink, [0.13, 0.7, 0.95, 0.85])).toBeGreaterThan(300);
  });

  it('is the same for the same snapshot, byte for byte', () => {
    expect(Buffer.compare(render(model), createPngRenderer({ width: 600, height: 480 })(buildPlotModel(fourLeptonSnapshot(), 'm4l')))).toBe(
      0,
    );
  });

  it('marks toy data in red across the panel', async () => {
    const toy = await decode(render(buildPlotModel(fourLeptonSnapshot({ toy: true }), 'm4l')));
    const mark = mixColors(theme.background, theme.warning, 0.16);
    expect(toy.count(mark, [0.2, 0.3, 0.8, 0.6])).toBeGreaterThan(10_000);
    expect(toy.count(theme.warning, [0.11, 0.03, 0.4, 0.09])).toBeGreaterThan(300);
    expect(pixels.count(theme.warning)).toBe(0);
  });

  it('draws 300 bins on logarithmic axes', async () => {
    const spectrum = await decode(render(buildPlotModel(dimuonSnapshot(), 'mass')));
    expect(spectrum.count(theme.ink, [0.13, 0.2, 0.95, 0.85])).toBeGreaterThan(1000);
  });
});
