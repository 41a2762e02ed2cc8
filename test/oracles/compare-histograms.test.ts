import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { category, regular } from '#shared/histogram/axis.ts';
import { contentsFrom } from '#shared/histogram/contents.ts';
import { histogramsToRoot } from '#shared/root/write/histograms.ts';
import { compareHistograms } from './compare-histograms.ts';

const folder = mkdtempSync(join(tmpdir(), 'compare-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { POSITIVE_INFINITY: INFINITY } = Number;

const x = regular(2, 0, 2, { name: 'x' });
const plain = contentsFrom([x], { sumw: [0, -INFINITY, 5, 0], sumw2: [0, INFINITY, 4, 0], entries: [0, 1, 1, 0] });
const flow = Array(10).fill(0);
const labelled = contentsFrom([x, category(['a', 'b'], { name: 'y' })], {
  sumw: [...flow, 7, 0],
  sumw2: [...flow, 0, 0],
  entries: [...flow, 0, 0],
});
const file = join(folder, 'h.root');
writeFileSync(file, histogramsToRoot({ plain, labelled }));

/** What dump.py says of `plain`. */
const LINE = {
  ...{ file, path: 'plain;1', className: 'TH1D', entries: 2, axes: [{ bins: 2 }] },
  ...{ contents: [0, '-inf', 5, 0] as (number | string)[], errors: [0, 'inf', 2, 0] as (number | string)[] },
};

/** Outcome and detail of a histogram of which ROOT says this. */
async function compared(line: object) {
  const [only] = await compareHistograms([file], async function* root() {
    yield line;
  });
  return [only?.outcome, only?.detail];
}

describe('compareHistograms', () => {
  it('takes equal ones for equal, also where cells are infinite', async () => {
    expect(await compared(LINE)).toEqual(['equal to ROOT, not to uproot', '']);
  });

  it.each<[object, string]>([
    [{ entries: 3 }, '2 entries here, 3 in ROOT'],
    [{ contents: [0, '-inf', 6, 0] }, 'content of cell 2: 5 here, 6 in ROOT'],
    [{ contents: [0, 'inf', 5, 0] }, 'content of cell 1: -Infinity here, Infinity in ROOT'],
    [{ contents: [0, 1, 5, 0] }, 'content of cell 1: -Infinity here, 1 in ROOT'],
    [{ contents: [0, 'nan', 5, 0] }, 'content of cell 1: -Infinity here, NaN in ROOT'],
    [{ errors: [0, 'inf', 3, 0] }, 'error of cell 2: 2 here, 3 in ROOT'],
    [{ axes: [{ bins: 1 }], contents: [0, '-inf', 0] }, '4 cells here, 3 in ROOT'],
  ])('says what differs where ROOT has %j', async (other, detail) => {
    expect(await compared({ ...LINE, ...other })).toEqual(['DIFFERENT', detail]);
  });

  it('names a cell by its index on each axis', async () => {
    // Four by four cells in ROOT, which has an underflow below the labels.
    const contents = Array(16).fill(0);
    const errors = Array(16).fill(0);
    const line = { ...LINE, path: 'labelled;1', className: 'TH2D', entries: 0, axes: [{ bins: 2 }, { bins: 2 }], contents, errors };
    expect(await compared(line)).toEqual(['DIFFERENT', 'content of cell 3,1: 7 here, 0 in ROOT']);
    expect(await compared({ ...line, contents: contents.with(14, 7) })).toEqual(['equal to ROOT, not to uproot', '']);
  });
});
