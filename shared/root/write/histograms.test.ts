import { describe, expect, it } from 'vitest';
import { readWithJsroot } from '../../../test/jsroot.ts';
import { category, regular, variable } from '../../histogram/axis.ts';
import { contentsFrom } from '../../histogram/contents.ts';
import { Histogram } from '../../histogram/histogram.ts';
import { histogramsToRoot, type RootHistogram } from './histograms.ts';

const x = regular(3, 0, 30, { name: 'm', label: 'mass', unit: 'GeV' });
const mass = {
  ...contentsFrom([x], { sumw: [1, 2, 3, 4, 5], sumw2: [1, 4, 9, 16, 25], entries: [1, 1, 1, 1, 1] }),
  metadata: { title: 'a mass' },
};
const named: Record<string, RootHistogram> = {
  'raw/zz/m': mass,
  'raw/zz/cutFlow': contentsFrom([category(['all', 'good'], { name: 'cut' })], { sumw: [7, 6, 5], sumw2: [7, 6, 5], entries: [7, 6, 5] }),
  plane: planeContents(),
};

function planeContents(): RootHistogram {
  const plane = new Histogram([variable([0, 1, 10, 100], { name: 'u' }), category(['a', 'b'], { name: 'v' })]);
  plane.fill2(0.5, 0, 1);
  plane.fill2(50, 1, 2);
  plane.fill2(-1, 1, 3);
  plane.fill2(1000, 5, 4);
  return plane.contents();
}

interface JsrootAxis {
  readonly fNbins: number;
  readonly fXmin: number;
  readonly fXmax: number;
  readonly fTitle: string;
  readonly fXbins: ArrayLike<number>;
  readonly fLabels: { readonly arr: readonly { readonly fString: string; readonly fUniqueID: number }[] } | null;
}

interface JsrootHistogram {
  readonly _typename: string;
  readonly fName: string;
  readonly fTitle: string;
  readonly fEntries: number;
  readonly fTsumw: number;
  readonly fTsumwx: number;
  readonly fArray: ArrayLike<number>;
  readonly fSumw2: ArrayLike<number>;
  readonly fXaxis: JsrootAxis;
  readonly fYaxis: JsrootAxis;
}

async function read(path: string): Promise<JsrootHistogram> {
  return (await readWithJsroot(histogramsToRoot(named).buffer, path)) as JsrootHistogram;
}

describe('histogramsToRoot', () => {
  it('writes TH1D with flow bins and Σw² into directories', async () => {
    const found = await read('raw/zz/m');
    expect(found).toMatchObject({
      _typename: 'TH1D',
      fName: 'm',
      fTitle: 'a mass',
      fEntries: 5,
      fTsumw: 9,
      fTsumwx: 2 * 5 + 3 * 15 + 4 * 25,
    });
    expect([...Array.from(found.fArray)]).toEqual([1, 2, 3, 4, 5]);
    expect([...Array.from(found.fSumw2)]).toEqual([1, 4, 9, 16, 25]);
    expect(found.fXaxis).toMatchObject({ fNbins: 3, fXmin: 0, fXmax: 30, fTitle: 'mass [GeV]' });
  });

  it('writes categories as labelled bins with an empty underflow', async () => {
    const found = await read('raw/zz/cutFlow');
    expect(Array.from(found.fArray)).toEqual([0, 7, 6, 5]);
    const labels = found.fXaxis.fLabels?.arr.map((label) => `${label.fUniqueID} ${label.fString}`);
    expect(labels).toEqual(['1 all', '2 good']);
  });

  it('writes TH2D with the x axis running fastest', async () => {
    const found = await read('plane');
    expect(found).toMatchObject({ _typename: 'TH2D', fTitle: 'plane', fEntries: 4 });
    const cell = (u: number, v: number): number | undefined => found.fArray[u + 5 * v];
    expect([cell(1, 1), cell(3, 2), cell(0, 2), cell(4, 3)]).toEqual([1, 2, 3, 4]);
    expect(found.fArray.length).toBe(5 * 4);
    expect(Array.from(found.fXaxis.fXbins)).toEqual([0, 1, 10, 100]);
    expect(found.fYaxis.fLabels?.arr.map((label) => label.fString)).toEqual(['a', 'b']);
  });

  it('writes texts beside them', async () => {
    const bytes = histogramsToRoot(named, { note: 'a text' });
    expect(await readWithJsroot(bytes.buffer, 'note')).toMatchObject({ _typename: 'TNamed', fName: 'note', fTitle: 'a text' });
  });

  it('gives the same bytes for the same histograms', () => {
    expect(Buffer.compare(histogramsToRoot(named), histogramsToRoot({ ...named }))).toBe(0);
  });

  it('refuses a histogram whose name is a directory of another', () => {
    expect(() => histogramsToRoot({ a: mass, 'a/b': mass })).toThrow('two objects have this name');
  });

  it('refuses three axes', () => {
    expect(() => histogramsToRoot({ a: { ...mass, axes: [x, x, x] } })).toThrow('3 axes');
  });
});
