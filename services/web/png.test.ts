import { createCanvas, loadImage } from '@napi-rs/canvas';
import { beforeAll, describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import { layOut } from '#shared/plot/layout.ts';
import { buildPlotModel } from '#shared/plot/plot-model.ts';
import { lightTheme, mixColors } from '#shared/plot/theme.ts';
import { dimuonSnapshot, fourLeptonSnapshot, smallSnapshot } from '../../test/run-snapshot.ts';
import { createPngRenderer } from './png.ts';

type Pixels = Awaited<ReturnType<typeof decode>>;

/** Decodes a PNG; `count` tells how many pixels have a colour, in a box given as shares of width and height. */
async function decode(png: Uint8Array) {
  const image = await loadImage(Buffer.from(png));
  const canvas = createCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { width, height } = image;
  const data = new Uint8Array(context.getImageData(0, 0, width, height).data);
  const count = (color: string, [left = 0, top = 0, right = 1, bottom = 1]: readonly number[] = []) => {
    const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    let found = 0;
    for (let y = Math.floor(top * height); y < bottom * height; y++) {
      for (let x = Math.floor(left * width); x < right * width; x++) {
        const at = 4 * (y * width + x);
        if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) found++;
      }
    }
    return found;
  };
  return { width, height, count };
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

  it('marks toy data on filled ground as well, also where all of the panel is filled', async () => {
    const group = { name: 's', label: 'S', color: '#00cdff', kind: 'background' } as const;
    const full = smallSnapshot(regular(1, 0, 1, { name: 'x' }), [group], [{ name: 's', group: 's', sumw: [0, 10, 0] }]);
    const filled = async (toy: boolean) => {
      const drawn = await decode(render(buildPlotModel({ ...full, toy }, 'h', { yScale: 'log' })));
      return drawn.count(softened(group.color), [0.2, 0.3, 0.8, 0.8]);
    };
    expect((await filled(false)) - (await filled(true))).toBeGreaterThan(20_000);
  });

  it('puts layers, bands, points and error bars where the axes say', async () => {
    const axis = regular(4, 0, 4, { name: 'x' });
    const one = smallSnapshot(
      axis,
      [
        { name: 'd', label: 'Data', color: '#000000', kind: 'data' },
        { name: 's', label: 'S', color: '#00cdff', kind: 'signal' },
      ],
      [
        { name: 's', group: 's', sumw: [0, 0, 10, 0, 0, 0], sumw2: [0, 0, 4, 0, 0, 0] },
        { name: 'd', group: 'd', sumw: [0, 0, 0, 0, 9, 0] },
      ],
    );
    const drawn = buildPlotModel(one, 'h');
    const { main, yHi } = layOut(drawn, { width: 600, height: 480 });
    const image = await decode(render(drawn));
    const x = (value: number) => (main.left + (main.width * value) / 4) / 600;
    const y = (value: number) => (main.top + main.height * (1 - value / yHi)) / 480;
    const cyan = softened('#00cdff');
    const filled = (from: number, to: number, low: number, high: number) => {
      const box = [x(from), y(high), x(to), y(low)];
      return image.count(cyan, box) / ((box[2]! - box[0]!) * image.width * (box[3]! - box[1]!) * image.height);
    };
    expect(filled(1.05, 1.95, 0.8, 7.8)).toBeGreaterThan(0.98);
    expect(filled(1.05, 1.95, 10.1, 12)).toBe(0);
    for (const bin of [0, 2, 3]) expect(filled(bin + 0.05, bin + 0.95, 0.2, 12)).toBe(0);
    // The band is hatched from 8 to 12: neither empty nor full.
    expect(filled(1.05, 1.95, 8.2, 9.8)).toBeGreaterThan(0.3);
    expect(filled(1.05, 1.95, 8.2, 9.8)).toBeLessThan(0.95);
    const bar = (low: number, high: number) => image.count(theme.ink, [x(3.48), y(high), x(3.52), y(low)]);
    expect(bar(6.2, 8)).toBeGreaterThan(10);
    expect(bar(10, 13)).toBeGreaterThan(10);
    expect(bar(1.5, 5.9) + bar(13.25, 13.5)).toBe(0);
  });

  it('draws 300 bins on logarithmic axes', async () => {
    const spectrum = await decode(render(buildPlotModel(dimuonSnapshot(), 'mass')));
    expect(spectrum.count(theme.ink, [0.13, 0.2, 0.95, 0.85])).toBeGreaterThan(1000);
  });
});
