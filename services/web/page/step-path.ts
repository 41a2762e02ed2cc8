/** A step line through points, as the path of an SVG of this size: x and y from 0 to their maxima. */
export function stepPath(
  points: readonly (readonly [number, number])[],
  { width, height, xMax, yMax }: { readonly width: number; readonly height: number; readonly xMax: number; readonly yMax: number },
): string {
  const x = (value: number) => round((value / (xMax || 1)) * width);
  const y = (value: number) => round(height - (value / (yMax || 1)) * height);
  return points.map(([time, value], i) => (i === 0 ? `M${x(time)},${y(value)}` : `H${x(time)}V${y(value)}`)).join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
