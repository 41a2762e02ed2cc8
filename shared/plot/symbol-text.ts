/** Physics symbols in labels: `m_H` and `m_{4ℓ}` are one letter with a subscript. */

export interface TextRun {
  readonly text: string;
  readonly subscript: boolean;
}

/** Only a single letter takes a subscript, so that names such as `lep_pt` stay as they are. */
const SYMBOL = /(?<![\p{L}\p{N}_])(\p{L})_(?:\{([^}]+)\}|([\p{L}\p{N}]+))/gu;

/** The text cut into runs of normal and lowered characters. */
export function symbolRuns(text: string): TextRun[] {
  const runs: TextRun[] = [];
  let end = 0;
  for (const match of text.matchAll(SYMBOL)) {
    const [whole, letter = '', braced, bare = ''] = match;
    runs.push({ text: text.slice(end, match.index) + letter, subscript: false }, { text: braced ?? bare, subscript: true });
    end = match.index + whole.length;
  }
  if (end < text.length) runs.push({ text: text.slice(end), subscript: false });
  return runs;
}

/** The same in one line of plain characters, for places without subscripts. */
export function plainSymbols(text: string): string {
  return symbolRuns(text)
    .map((run) => run.text)
    .join('');
}

const SMALL = 0.74;
const DROP = 0.2;

/** Draws `text` with its baseline at y, starting (or ending) at x. */
export function drawSymbols(
  context: CanvasRenderingContext2D,
  text: string,
  at: { readonly x: number; readonly y: number; readonly align: 'left' | 'right' | 'center' },
  font: { readonly size: number; readonly family: string },
): void {
  const runs = symbolRuns(text);
  const select = (run: TextRun) => {
    context.font = `${font.size * (run.subscript ? SMALL : 1)}px ${font.family}`;
  };
  const widths = runs.map((run) => {
    select(run);
    return context.measureText(run.text).width;
  });
  const width = widths.reduce((sum, part) => sum + part, 0);
  let x = at.x - (at.align === 'right' ? width : at.align === 'center' ? width / 2 : 0);
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  for (const [index, run] of runs.entries()) {
    select(run);
    context.fillText(run.text, x, at.y + (run.subscript ? font.size * DROP : 0));
    x += widths[index] ?? 0;
  }
}
