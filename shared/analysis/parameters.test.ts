import { describe, expect, it } from 'vitest';
import { regular } from '#shared/histogram/axis.ts';
import { isPipelineError } from '../errors.ts';
import { defineAnalysis } from './define-analysis.ts';
import { resolveParameters } from './parameters.ts';

const analysis = defineAnalysis({
  name: 'example',
  title: 'Example',
  tree: 'events',
  columns: { x: 'f32' },
  parameters: { minMet: 0, signed: false, channel: 'all', cuts: [30, 20, 10] },
  histograms: () => ({ x: { title: 'x', axes: [regular(10, 0, 1, { name: 'x' })] } }),
  cutFlow: ['all'],
  process() {},
});

function messageOf(overrides: Record<string, unknown>): string {
  try {
    resolveParameters(analysis, overrides);
  } catch (error) {
    if (isPipelineError(error, 'ConfigError')) return error.message;
    throw error;
  }
  return 'no error';
}

describe('resolveParameters', () => {
  it('gives the defaults where nothing is overridden', () => {
    expect(resolveParameters(analysis)).toEqual({ minMet: 0, signed: false, channel: 'all', cuts: [30, 20, 10] });
  });

  it('takes values of the right type', () => {
    const overrides = { minMet: 20.5, signed: true, channel: '', cuts: [1] };
    expect(resolveParameters(analysis, overrides)).toEqual(overrides);
  });

  it('reads texts as the type of the default', () => {
    const overrides = { minMet: ' -2.5e1 ', signed: 'true', channel: '12', cuts: '[25, 15]' };
    expect(resolveParameters(analysis, overrides)).toEqual({ minMet: -25, signed: true, channel: '12', cuts: [25, 15] });
    expect(resolveParameters(analysis, { cuts: '25,15' })['cuts']).toEqual([25, 15]);
    expect(resolveParameters(analysis, { cuts: '' })['cuts']).toEqual([]);
  });

  it.each([
    ['minMet', '', 'a number'],
    ['minMet', '20 GeV', 'a number'],
    ['minMet', '0x10', 'a number'],
    ['minMet', 'NaN', 'a number'],
    ['minMet', Number.NaN, 'a number'],
    ['minMet', '1e999', 'a number'],
    ['minMet', [20], 'a number'],
    ['minMet', null, 'a number'],
    ['signed', 'yes', 'true or false'],
    ['signed', 1, 'true or false'],
    ['channel', 4, 'a text'],
    ['cuts', 30, 'a list of numbers'],
    ['cuts', '30,,10', 'a list of numbers'],
    ['cuts', [30, 'x'], 'a list of numbers'],
  ])('refuses %s = %j', (name, value, kind) => {
    expect(messageOf({ [name]: value })).toContain(`parameter \`${name}\` is ${kind}`);
  });

  it('names near misses, and all problems at once', () => {
    const message = messageOf({ minmett: 3, signed: 'maybe' });
    expect(message).toContain('analysis example: there is no parameter `minmett`. Did you mean `minMet`?');
    expect(message).toContain('parameter `signed` is true or false, not "maybe"');
  });

  it('does not take inherited names for parameters', () => {
    expect(messageOf({ toString: 1 })).toContain('no parameter `toString`');
    expect(messageOf(JSON.parse('{"__proto__": 1}') as Record<string, unknown>)).toContain('no parameter `__proto__`');
  });

  it('gives values that cannot be changed by accident', () => {
    expect(Object.isFrozen(resolveParameters(analysis))).toBe(true);
    expect(Object.isFrozen(resolveParameters(analysis, { cuts: '1,2' })['cuts'])).toBe(true);
  });
});
