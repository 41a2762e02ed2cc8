/** "1.5 MB": decimal units, as disks and networks are sold. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** Rows as lines with aligned columns; cells that look like numbers are set to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
    });
  const align = (cell: string, i: number) => {
    const space = ' '.repeat((widths[i] ?? 0) - widthOf(cell));
    return /^(≈ )?-?[\d.,]+(e[+-]\d+)?( [kMGT]?B| %)?( \+ \?)?$/.test(cell) ? `${space}${cell}` : `${cell}${space}`;
  };
  return rows.map((row) => row.map(align).join('  ').trimEnd());
}

/** Columns on a terminal: marks that are set above a letter take none. */
function widthOf(text: string): number {
  return [...text.replace(/\p{M}/gu, '')].length;
}
