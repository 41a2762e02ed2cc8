/** Numbers of events in words, alike in report.md and in the summary of a run. */

/** What is as large or as small as this is told by six digits, since a fixed number of decimals tells too many of it, or none. */
const LARGE = 1e9;
const SMALL = 1e-3;

/** `123.456`, `0.0123`, `1.27500e+153`: a fixed number of decimals, or digits for what these are not made for. */
export function eventsText(events: number, decimals = 3): string {
  const size = Math.abs(events);
  if (size >= LARGE || (size > 0 && size < SMALL)) return events.toPrecision(6);
  return size > 0 && size < 0.1 ? events.toPrecision(3) : events.toFixed(decimals);
}

/** Data are counted: no decimals, but where they have weights. */
export function dataText(events: number): string {
  return Number.isInteger(events) && Math.abs(events) < LARGE ? String(events) : eventsText(events);
}
