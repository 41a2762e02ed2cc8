import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPools } from './assign-pools.ts';
import { filesOf } from './plan-run.ts';

const dataset = (name: string, files: readonly string[]) => ({ name, isData: true, files: [...files] });
const pools = [{ name: 'a' }, { name: 'b' }];

describe('pools of files', () => {
  it('are those of the lists that name them, wherever the bucket is', () => {
    const lists = [
      { name: 'd', files: ['s3://old/1', 's3://old/3'], pool: 'a' },
      { name: 'd', files: ['s3://old/2'], pool: 'b' },
    ];
    const request = { lists, pools, bucket: 'new' };
    expect(assignPools([dataset('d', ['s3://new/1', 's3://new/2', 's3://new/3'])], request)[0]?.pools).toEqual([
      { pool: 'a', files: 1 },
      { pool: 'b', files: 1 },
      { pool: 'a', files: 1 },
    ]);
  });

  it('are not there in a run without pools', () => {
    const datasets = [dataset('d', ['x'])];
    expect(assignPools(datasets, { lists: [{ name: 'd', files: ['x'] }] })).toBe(datasets);
  });

  it('are refused where a file is in no list, or a list in no pool', () => {
    const lists = [{ name: 'd', files: ['x'], pool: 'a' }];
    expect(() => assignPools([dataset('d', ['y'])], { lists, pools })).toThrow(/y: the file is for no pool/);
    expect(() => assignPools([dataset('d', ['x'])], { lists: [{ name: 'd', files: ['x'], pool: 'c' }], pools })).toThrow(
      'list d is for pool c',
    );
  });

  it('come to each file again when the run is planned', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 40 }), (whose) => {
        const lists = whose.map((pool, i) => ({ name: 'd', files: [`${i}`], pool }));
        const datasets = assignPools(
          [
            dataset(
              'd',
              whose.map((_, i) => `${i}`),
            ),
          ],
          { lists, pools },
        );
        const spec = { datasets } as unknown as Parameters<typeof filesOf>[0];
        expect([...filesOf(spec)].map(({ pool }) => pool)).toEqual(whose);
      }),
    );
  });
});
