import { expect, it } from 'vitest';
import { stepPath } from './step-path.ts';

it('goes over to a value when it comes, and has zero at the bottom', () => {
  const points = [
    [0, 1],
    [50, 4],
    [100, 0],
  ] as const;
  expect(stepPath(points, { width: 200, height: 40, xMax: 100, yMax: 4 })).toBe('M0,30H100V0H200V40');
});

it('has no path without points, and no division by nothing', () => {
  expect(stepPath([], { width: 10, height: 10, xMax: 0, yMax: 0 })).toBe('');
  expect(stepPath([[0, 0]], { width: 10, height: 10, xMax: 0, yMax: 0 })).toBe('M0,10');
});
