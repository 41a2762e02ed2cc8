/** The words on the canvas: axis titles, label block, legend, note. */
import { type Drawing, hatch, strokeLine } from './draw-shapes.ts';
import { type Box, LINE } from './layout.ts';
import { type LegendEntry, legendPosition, SWATCH } from './legend.ts';
import { labelLines } from './plot-text.ts';
import { drawSymbols } from './symbol-text.ts';
import { mixColors, type PlotTheme } from './theme.ts';

/** All of them; they go over everything else. */
export function drawTexts(context: CanvasRenderingContext2D, drawing: Drawing): void {
  drawTitles(context, drawing);
  drawLabel(context, drawing);
  drawLegend(context, drawing);
  drawNote(context, drawing);
}

/** Titles at the far ends of their axes; the ratio's in its middle. */
function drawTitles(context: CanvasRenderingContext2D, { model, layout, theme }: Drawing): void {
  const { main, ratio, padding } = layout;
  const font = { size: layout.font * 1.08, family: theme.fontFamily };
  const bottom = (ratio ?? main).top + (ratio ?? main).height;
  context.save();
  context.fillStyle = theme.ink;
  drawSymbols(
    context,
    model.x.title,
    { x: main.left + main.width, y: bottom + layout.xAxisHeight - layout.font * 0.3, align: 'right', room: main.width },
    font,
  );
  context.rotate(-Math.PI / 2);
  // After the turn, x runs up the page.
  const y = padding.left + font.size;
  drawSymbols(context, model.y.title, { x: -main.top, y, align: 'right', room: main.height }, font);
  if (ratio !== undefined) drawSymbols(context, 'Data / MC', { x: -(ratio.top + ratio.height / 2), y, align: 'center' }, font);
  context.restore();
}

function drawLabel(context: CanvasRenderingContext2D, { model: { label }, layout, theme }: Drawing): void {
  const { font, label: box } = layout;
  const large = font * 1.3;
  context.save();
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  let y = box.top + large;
  context.fillStyle = label.toy ? theme.warning : theme.ink;
  context.font = `italic bold ${large}px ${theme.fontFamily}`;
  context.fillText(label.strong, box.left, y);
  const offset = label.strong === '' ? 0 : context.measureText(label.strong).width + large * 0.34;
  context.font = `${large}px ${theme.fontFamily}`;
  context.fillText(label.status, box.left + offset, y);
  context.font = `${font}px ${theme.fontFamily}`;
  for (const line of labelLines(label)) {
    context.fillStyle = line === label.completeness ? theme.warning : theme.ink;
    y += font * LINE;
    context.fillText(line, box.left, y);
  }
  context.restore();
}

function drawLegend(context: CanvasRenderingContext2D, { layout, theme }: Drawing): void {
  const { font, rows } = layout.legend;
  context.save();
  for (const [index, entry] of rows.entries()) {
    const { x, y } = legendPosition(layout.legend, index);
    drawSwatch(context, { left: x, top: y + font * 0.3, width: font * SWATCH, height: font * 0.9 }, entry, font, theme);
    context.fillStyle = theme.ink;
    drawSymbols(
      context,
      entry.label,
      { x: x + font * (SWATCH + 0.6), y: y + font * 1.1, align: 'left' },
      { size: font, family: theme.fontFamily },
    );
  }
  context.restore();
}

function drawSwatch(context: CanvasRenderingContext2D, box: Box, { kind, color }: LegendEntry, font: number, theme: PlotTheme): void {
  const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  if (kind === 'band') hatch({ context, box, x: Number, y: Number }, [box], font, theme);
  context.strokeStyle = kind === 'data' ? theme.ink : theme.outline;
  context.fillStyle = kind === 'data' ? theme.ink : mixColors(color, theme.background, theme.soften);
  context.lineWidth = 1;
  if (kind === 'layer') {
    context.fillRect(box.left, box.top, box.width, box.height);
    context.strokeRect(box.left, box.top, box.width, box.height);
  } else if (kind === 'data') {
    context.lineWidth = Math.max(1, font * 0.09);
    strokeLine(context, middle.x, middle.y - font * 0.62, middle.x, middle.y + font * 0.62);
    context.beginPath();
    context.arc(middle.x, middle.y, font * 0.27, 0, 2 * Math.PI);
    context.fill();
  }
}

function drawNote(context: CanvasRenderingContext2D, { layout, theme }: Drawing): void {
  const { font, size, noteLines } = layout;
  context.save();
  context.font = `${font * 0.82}px ${theme.fontFamily}`;
  context.fillStyle = theme.faint;
  context.textAlign = 'right';
  context.textBaseline = 'alphabetic';
  for (const [index, line] of noteLines.entries()) {
    context.fillText(line, size.width - layout.padding.right, size.height - font * (0.5 + 1.15 * (noteLines.length - 1 - index)));
  }
  context.restore();
}
