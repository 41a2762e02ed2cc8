import { describe, expect, it } from 'vitest';
import { offsetsOf, type PageBytes, planWindow, readIndexWindow, readWindow } from './column-window.ts';
import type { Cluster, ColumnRange } from './page-list.ts';
import type { ColumnRecord } from './schema.ts';

const UINT8 = 0x04;
const INDEX32 = 0x0e;

function column(id: number, more: Partial<ColumnRecord> = {}): ColumnRecord {
  return { id, type: UINT8, bits: 8, field: 0, representation: id, deferred: false, min: 0, max: 0, ...more };
}

/** A column with pages of these numbers of elements, whose bytes count up from 0. */
function range(...sizes: number[]): ColumnRange {
  let offset = 0;
  const pages = sizes.map((elements) => {
    const page = { elements, checksum: false, offset, bytes: elements };
    offset += elements;
    return page;
  });
  return { pages, elements: offset, suppressed: false };
}

const suppressed: ColumnRange = { pages: [], elements: 0, suppressed: true };
const cluster = (...columns: ColumnRange[]): Cluster => ({ firstEntry: 0, entries: 10, columns });
const counting: PageBytes = async ({ offset, elements }) => Uint8Array.from({ length: elements }, (_, i) => offset + i);

describe('planWindow', () => {
  it('takes the representation that the cluster has', () => {
    const choice = [column(0), column(1)];
    expect(planWindow(choice, cluster(range(10), suppressed), 0, 10, { total: 10, late: true }).column.id).toBe(0);
    expect(planWindow(choice, cluster(suppressed, range(10)), 0, 10, { total: 10, late: true }).column.id).toBe(1);
  });

  it('takes no more pages than the elements are on', async () => {
    const window = planWindow([column(0)], cluster(range(4, 3, 3)), 5, 7, { total: 10, late: true });
    expect(window.pages).toHaveLength(1);
    expect([...(await readWindow(window, 'u8', counting))]).toEqual([5, 6]);
    expect([
      ...(await readWindow(planWindow([column(0)], cluster(range(4, 3, 3)), 2, 9, { total: 10, late: true }), 'i64', counting)),
    ]).toEqual([2n, 3n, 4n, 5n, 6n, 7n, 8n]);
  });

  it('gives zeros where a column was added later, and also where its cluster does not know it', async () => {
    const late = [column(0, { deferred: true })];
    const read = (pages: Cluster) => readWindow(planWindow(late, pages, 0, 6, { total: 6, late: true }), 'u8', counting);
    expect([...(await read(cluster(range(2))))]).toEqual([0, 0, 0, 0, 0, 1]);
    expect([...(await read(cluster()))]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('refuses a column with another number of elements than it must have', () => {
    const plan = (total: number | undefined, to: number) => planWindow([column(0)], cluster(range(4)), 0, to, { total, late: true });
    expect(() => plan(5, 5)).toThrow(/4 elements/);
    expect(() => plan(3, 3)).toThrow(/4 elements/);
    expect(() => plan(undefined, 5)).toThrow(/4 elements/);
    expect(plan(undefined, 3).pages).toHaveLength(1);
  });
});

describe('the ends of lists', () => {
  it('become offsets', async () => {
    const bytes = new Uint8Array(new Uint32Array([2, 2, 5, 9]).buffer);
    const page = { elements: 4, checksum: false, offset: 0, bytes: 16 };
    const index = [column(0, { type: INDEX32, bits: 32 })];
    const pages = cluster({ pages: [page], elements: 4, suppressed: false });
    const ends = await readIndexWindow(planWindow(index, pages, 1, 4, { total: 4, late: true }), async () => bytes);
    expect([...ends]).toEqual([2, 5, 9]);
    expect([...offsetsOf(ends.subarray(1), 2)]).toEqual([0, 3, 7]);
  });

  it('never go back, nor further than offsets can', () => {
    expect(() => offsetsOf(Float64Array.of(3, 2), 0)).toThrow(/before it begins/);
    expect(() => offsetsOf(Float64Array.of(Number.NaN), 0)).toThrow(/before it begins/);
    expect(() => offsetsOf(Float64Array.of(2 ** 31), 0)).toThrow(/smaller batches/);
  });
});
