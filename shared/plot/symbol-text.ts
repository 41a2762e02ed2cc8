/** Physics symbols in labels: `m_H` and `m_{4ℓ}` are one letter with a subscript, `GeV^2` and `E_T^{miss}` have superscripts. */

export interface TextRun {
  readonly text: string;
  readonly script: 'none' | 'sub' | 'super';
}

const SUPERSCRIPT = String.raw`\^(?:\{[^}]+\}|[+−-]?\p{N}+|\p{L}+|[+−*±-])`;
/** Only a single letter takes a subscript, so that names such as `lep_pt` stay as they are. */
const LETTER = String.raw`(?<![\p{L}\p{N}_])\p{L}`;
const SUBSCRIPT = String.raw`(?<=${LETTER}(?:${SUPERSCRIPT})?)_(?:\{[^}]+\}|[\p{L}\p{N}]+)`;
const SCRIPT = new RegExp(String.raw`${SUBSCRIPT}|(?<=[\p{L}\p{N})\]}])${SUPERSCRIPT}`, 'gu');

/** The text cut into runs of normal, lowered and raised characters. */
export function symbolRuns(text: string): TextRun[] {
  const runs: TextRun[] = [];
  let end = 0;
  for (const { 0: whole, index } of text.matchAll(SCRIPT)) {
    if (index > end) runs.push({ text: text.slice(end, index), script: 'none' });
    runs.push({ text: whole.slice(1).replace(/^\{(.*)\}$/, '$1'), script: whole.startsWith('_') ? 'sub' : 'super' });
    end = index + whole.length;
  }
  if (end < text.length) runs.push({ text: text.slice(end), script: 'none' });
  return runs;
}

/** The same in one line of plain characters, for places without subscripts; a power stays one. */
export function plainSymbols(text: string): string {
  return symbolRuns(text)
    .map((run) => (run.script === 'super' ? `^${run.text}` : run.text))
    .join('');
}

/** Of what a text consists, the end cut off for … so that `characters` are left; a unit in brackets at its end is kept. */
export function shortenedRuns(text: string, characters: number): TextRun[] {
  const [unit = ''] = / \[[^[\]]*\]$/.exec(text) ?? [];
  let left = characters;
  const kept = symbolRuns(text.slice(0, text.length - unit.length)).flatMap((run) => {
    const part = { ...run, text: run.text.slice(0, Math.max(0, left)) };
    left -= part.text.length;
    return part.text === '' ? [] : [part];
  });
  return [...kept, { text: '…', script: 'none' }, ...symbolRuns(unit)];
}

const SMALL = 0.74;
const DROP = 0.22;
const RISE = 0.44;
/** Letters are not made smaller than this to fit. */
const SMALLEST = 0.75;

interface Font {
  readonly size: number;
  readonly family: string;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly align: 'left' | 'right' | 'center';
  /** What is wider is written smaller, and at last shortened. */
  readonly room?: number;
}

/** Draws `text` with its baseline at y, starting (or ending) at x. */
export function drawSymbols(context: CanvasRenderingContext2D, text: string, { x, y, align, room = Infinity }: Place, font: Font): void {
  const whole = symbolRuns(text);
  const scale = Math.min(1, Math.max(SMALLEST, room / placed(context, whole, font).width));
  const { size, family } = { ...font, size: font.size * scale };
  let { runs, width } = placed(context, whole, { size, family });
  for (let left = text.length - 1; width > room * 1.001 && left > 0; left--) {
    ({ runs, width } = placed(context, shortenedRuns(text, left), { size, family }));
  }
  const start = x - (align === 'right' ? width : align === 'center' ? width / 2 : 0);
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  for (const run of runs) {
    select(context, run, { size, family });
    context.fillText(run.text, start + run.at, y + size * { none: 0, sub: DROP, super: -RISE }[run.script]);
  }
}

/** Each run and how far it is from the start; a subscript and a superscript of one letter stand above each other. */
function placed(context: CanvasRenderingContext2D, all: readonly TextRun[], font: Font) {
  let [start, width] = [0, 0];
  const runs = all.map((run, index) => {
    const before = all[index - 1]?.script ?? 'none';
    if (run.script === 'none' || before === 'none' || before === run.script) start = width;
    select(context, run, font);
    width = Math.max(width, start + context.measureText(run.text).width);
    return { ...run, at: start };
  });
  return { runs, width };
}

function select(context: CanvasRenderingContext2D, { script }: TextRun, { size, family }: Font): void {
  context.font = `${size * (script === 'none' ? 1 : SMALL)}px ${family}`;
}
