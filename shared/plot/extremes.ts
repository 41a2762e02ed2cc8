/** Smallest and largest of many values. By loop, as the arguments of Math.min lie on the stack: it overflows at about 120 000. */

/** The smallest value that is finite; Infinity where none is. */
export function lowestOf(values: Iterable<number>): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const value of values) if (value < lowest && Number.isFinite(value)) lowest = value;
  return lowest;
}

/** The largest value that is finite; -Infinity where none is. */
export function highestOf(values: Iterable<number>): number {
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > highest && Number.isFinite(value)) highest = value;
  return highest;
}
