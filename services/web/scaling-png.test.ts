import { describe, expect, it } from 'vitest';
import { SCALING_COLUMNS, type ScalingRow } from '../../shared/kubernetes/scaling-sample.ts';
import { drawScaling, scalingChart } from './scaling-png.ts';

const row = (seconds: number, values: Partial<ScalingRow>): ScalingRow => ({
  ...(Object.fromEntries(SCALING_COLUMNS.map((column) => [column, Number.NaN])) as unknown as ScalingRow),
  time: Date.UTC(2026, 0, 1) + seconds * 1000,
  ...values,
});
const rows = [row(0, { running: 1, tasks_remaining: 10 }), row(10, { running: 4 }), row(20, { running: 1, tasks_remaining: 0 })];

describe('the picture of a scaling run', () => {
  it('has the time from its first row, and leaves out what is not known', () => {
    const { datasets } = scalingChart(rows).data;
    const points = (label: string) => datasets.find((each) => each.label === label)?.data;
    expect(points('workers running')).toEqual([
      { x: 0, y: 1 },
      { x: 10, y: 4 },
      { x: 20, y: 1 },
    ]);
    expect(points('tasks left')).toEqual([
      { x: 0, y: 10 },
      { x: 20, y: 0 },
    ]);
    expect(points('CPU, % of request')).toBeUndefined();
  });

  it('is a PNG', () => {
    expect([...drawScaling(rows).subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  });
});
