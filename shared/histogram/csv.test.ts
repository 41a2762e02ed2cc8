import { describe, expect, it } from 'vitest';
import { ConfigError } from '../errors.ts';
import { category, regular, variable } from './axis.ts';
import { contentsFrom } from './contents.ts';
import { toCsv } from './csv.ts';

const mass = contentsFrom([variable([0.1, 0.30000000000000004, 1e21], { name: 'm' })], {
  sumw: [0, -1.5, 5e-324, 1],
  sumw2: [0, 2.25, 0, 1],
  entries: [0, 1, 3, Number.NaN],
});

describe('toCsv', () => {
  it('writes one line a cell, flow to infinity, numbers in their shortest exact form', () => {
    expect(toCsv([{ labels: { histogram: 'm4l', dataset: 'data' }, contents: mass }])).toBe(
      [
        'histogram,dataset,axis,lo,hi,category,value,error,entries',
        'm4l,data,m,-inf,0.1,,0,0,0',
        'm4l,data,m,0.1,0.30000000000000004,,-1.5,1.5,1',
        'm4l,data,m,0.30000000000000004,1e+21,,5e-324,0,3',
        'm4l,data,m,1e+21,inf,,1,1,',
        '',
      ].join('\n'),
    );
  });

  it('names categories, and leaves second-axis columns empty for histograms with one', () => {
    const steps = category(['all', 'a "b", c'], { name: 'steps' });
    const one = contentsFrom([steps], { sumw: [1, 2, 3], sumw2: [1, 4, 9], entries: [1, 1, 1] });
    const two = contentsFrom([regular(1, 0, 2, { name: 'x' }), category(['k'], { name: 'y' })], {
      sumw: [1, 2, 3, 4, 5, 6],
      sumw2: [0, 0, 0, 0, 0, 0],
      entries: [0, 0, 0, 0, 0, 0],
    });
    const lines = toCsv([
      { labels: { h: 'one' }, contents: one },
      { labels: { h: 'two\r\nlines' }, contents: two },
    ]);
    expect(lines).toBe(
      [
        'h,axis,lo,hi,category,axis2,lo2,hi2,category2,value,error,entries',
        'one,steps,0,1,all,,,,,1,1,1',
        'one,steps,1,2,"a ""b"", c",,,,,2,2,1',
        'one,steps,2,inf,,,,,,3,3,1',
        '"two\r\nlines",x,-inf,0,,y,0,1,k,1,0,0',
        '"two\r\nlines",x,-inf,0,,y,1,inf,,2,0,0',
        '"two\r\nlines",x,0,2,,y,0,1,k,3,0,0',
        '"two\r\nlines",x,0,2,,y,1,inf,,4,0,0',
        '"two\r\nlines",x,2,inf,,y,0,1,k,5,0,0',
        '"two\r\nlines",x,2,inf,,y,1,inf,,6,0,0',
        '',
      ].join('\n'),
    );
  });

  it('writes the header alone where there is nothing', () => {
    expect(toCsv([])).toBe('axis,lo,hi,category,value,error,entries\n');
  });

  it('has marks as columns behind all others', () => {
    const [head, ...lines] = toCsv([{ labels: { histogram: 'm4l' }, contents: mass }], { toy: 'true' })
      .trim()
      .split('\n');
    expect(head).toBe('histogram,axis,lo,hi,category,value,error,entries,toy');
    expect(lines.map((line) => line.split(',').at(-1))).toEqual(['true', 'true', 'true', 'true']);
    expect(lines[1]).toBe('m4l,m,0.1,0.30000000000000004,,-1.5,1.5,1,true');
  });

  it('takes labels in any order, but not other labels', () => {
    const text = toCsv([
      { labels: { a: '1', b: '2' }, contents: mass },
      { labels: { b: '4', a: '3' }, contents: mass },
    ]);
    expect(text.split('\n')[5]).toBe('3,4,m,-inf,0.1,,0,0,0');
    for (const labels of [{ a: '1' }, { a: '1', c: '2' }, { a: '1', b: '2', c: '3' }]) {
      expect(() =>
        toCsv([
          { labels: { a: '1', b: '2' }, contents: mass },
          { labels: labels as Record<string, string>, contents: mass },
        ]),
      ).toThrow(ConfigError);
    }
  });
});
