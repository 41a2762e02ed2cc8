import { expect, it } from 'vitest';
import { RateMeter } from './rate-meter.ts';

it('counts over the time since the start, and later over the last ten seconds only', () => {
  const meter = new RateMeter(1000);
  expect(meter.perSecond(1000)).toBe(0);
  meter.add(100, 1500);
  meter.add(300, 2900);
  expect(meter.perSecond(3000)).toBe(200);
  expect(meter.perSecond(12_000)).toBe(30);
  expect(meter.perSecond(60_000)).toBe(0);
});

it('keeps its rate however small the steps are', () => {
  const meter = new RateMeter(0);
  for (let ms = 1; ms <= 40_000; ms += 1) meter.add(2, ms);
  expect(meter.perSecond(40_000)).toBeGreaterThan(1900);
  expect(meter.perSecond(40_000)).toBeLessThan(2060);
});
