/** Colours and fonts of a plot. The PNG is always light; the page follows the reader. */

export interface PlotTheme {
  readonly background: string;
  /** Frame, ticks, text, data points. */
  readonly ink: string;
  /** Notes and other second things. */
  readonly faint: string;
  /** Outlines of the stack. */
  readonly outline: string;
  /** Lines of the uncertainty's hatch. */
  readonly hatch: string;
  /** Toy and completeness marks. */
  readonly warning: string;
  /** A bin that the reader points at. */
  readonly highlight: string;
  /** Share of the background mixed into the catalogue's fill colours: 0 none, 1 all. */
  readonly soften: number;
  readonly fontFamily: string;
}

/** Dark ink on white. */
export function lightTheme(fontFamily: string): PlotTheme {
  return {
    background: '#ffffff',
    ink: '#16191d',
    faint: '#5b636d',
    outline: '#16191d',
    hatch: 'rgba(22, 25, 29, 0.62)',
    warning: '#b3261e',
    highlight: 'rgba(22, 25, 29, 0.09)',
    soften: 0.3,
    fontFamily,
  };
}

/** Light ink on near-black. */
export function darkTheme(fontFamily: string): PlotTheme {
  return {
    background: '#14181d',
    ink: '#e9edf1',
    faint: '#98a2ad',
    outline: '#0b0e11',
    hatch: 'rgba(233, 237, 241, 0.6)',
    warning: '#ff8a80',
    highlight: 'rgba(233, 237, 241, 0.13)',
    soften: 0.3,
    fontFamily,
  };
}

/** `share` of the way from `color` to `towards`, both #rrggbb; any other notation stays as it is. */
export function mixColors(color: string, towards: string, share: number): string {
  const [from, to] = [color, towards].map((text) => /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text)?.slice(1));
  if (from === undefined || to === undefined) return color;
  const mixed = from.map((part, i) => {
    const start = Number.parseInt(part, 16);
    return Math.round(start + share * (Number.parseInt(to[i] ?? part, 16) - start));
  });
  return `#${mixed.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
