/** Bars as an SVG picture: text, so that a repository shows what changed. */

export interface BarGroup {
  readonly label: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

/** Colours that people who see few of them tell apart. */
const COLORS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#999999', '#f0e442'];
const WIDTH = 760;
const BAR = 15;
const GAP = 14;
const LEFT = 70;
const RIGHT = 60;
const HEAD = 58;

/** Groups of horizontal bars from 0 on; `mark` draws a line at a value. The same label has the same colour in each group. */
export function drawBars(title: string, groups: readonly BarGroup[], mark?: number): string {
  const labels = [...new Set(groups.flatMap(({ bars }) => bars.map(({ label }) => label)))];
  const most = Math.max(mark ?? 0, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value)));
  const x = (value: number) => LEFT + ((WIDTH - LEFT - RIGHT) * value) / most;
  const color = (label: string) => COLORS[labels.indexOf(label) % COLORS.length] ?? '#000';
  const parts = [`<text x="10" y="20" font-size="15" font-weight="bold">${escapeText(title)}</text>`];
  let right = 10;
  for (const label of labels) {
    parts.push(
      `<rect x="${right}" y="32" width="11" height="11" fill="${color(label)}"/><text x="${right + 15}" y="42">${escapeText(label)}</text>`,
    );
    right += 32 + 7 * label.length;
  }
  let y = HEAD;
  for (const { label, bars } of groups) {
    parts.push(`<text x="${LEFT - 8}" y="${y + (BAR * bars.length) / 2 + 4}" text-anchor="end">${escapeText(label)}</text>`);
    for (const bar of bars) {
      const end = x(bar.value);
      parts.push(`<rect x="${LEFT}" y="${y}" width="${round(end - LEFT)}" height="${BAR - 2}" fill="${color(bar.label)}"/>`);
      parts.push(
        `<text x="${round(end + 5)}" y="${y + 11}" font-size="11">${bar.value < 10 ? bar.value.toFixed(2) : Math.round(bar.value)}</text>`,
      );
      y += BAR;
    }
    y += GAP;
  }
  if (mark !== undefined)
    parts.push(
      `<line x1="${round(x(mark))}" x2="${round(x(mark))}" y1="${HEAD - 6}" y2="${y - GAP + 6}" stroke="#000" stroke-dasharray="4 3"/>`,
    );
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" font-family="DejaVu Sans, sans-serif" font-size="12">`;
  return `${[open, `<title>${escapeText(title)}</title>`, `<rect width="${WIDTH}" height="${y}" fill="#fff"/>`, ...parts, '</svg>'].join('\n')}\n`;
}

const round = (value: number) => Math.round(value * 10) / 10;

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
