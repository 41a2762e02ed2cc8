/** Numbers for people: bytes, rates, seconds. */
import { countText } from '#shared/plot/plot-text.ts';

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'];

/** Three digits with a decimal prefix: 12.3 k, 4.56 M. */
export function shortText(value: number): string {
  let scaled = value;
  let unit = 0;
  while (Math.abs(scaled) >= 999.5 && unit < UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)}${unit === 0 ? '' : `\u202f${UNITS[unit]}`}`;
}

/** Seconds of CPU time: with one decimal below 10, as the summary of a run has them. */
export function secondsText(seconds: number): string {
  return seconds < 9.95 ? seconds.toFixed(1) : shortText(seconds);
}

/** "12.3 MB". */
export function bytesText(bytes: number): string {
  const text = shortText(bytes);
  return `${/\d$/.test(text) ? `${text}\u202f` : text}B`;
}

/** "323 614 of 943 430", or the count alone where nobody knows how many there will be. */
export function countOfText(done: number, all: number | undefined): string {
  return all === undefined ? `${countText(done)} of ?` : `${countText(done)} of ${countText(all)}`;
}
