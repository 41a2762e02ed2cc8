import { describe, expect, it } from 'vitest';
import { darkTheme, lightTheme, mixColors } from './theme.ts';

function luminance(color: string): number {
  const parts = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

describe('themes', () => {
  it('have texts that can be read on their background', () => {
    for (const theme of [lightTheme('x'), darkTheme('x')]) {
      for (const color of [theme.ink, theme.faint, theme.warning]) expect(contrast(color, theme.background)).toBeGreaterThan(4.5);
    }
  });
});

describe('mixing colours', () => {
  it('goes the asked share of the way', () => {
    expect(mixColors('#ff0000', '#ffffff', 0)).toBe('#ff0000');
    expect(mixColors('#000000', '#ffffff', 1)).toBe('#ffffff');
    expect(mixColors('#000000', '#ff8000', 0.5)).toBe('#804000');
  });

  it('leaves other notations as they are', () => {
    expect(mixColors('tomato', '#ffffff', 0.5)).toBe('tomato');
  });
});
