/** PNG plots of snapshots, the last few kept: drawing one takes a tenth of a second of the server's only thread. */
import { buildPlotModel, drawableHistograms, type PlotOptions } from '#shared/plot/plot-model.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { createPngRenderer } from './png.ts';

const KEPT = 8;

/** Draws `histogram` (the first where none is named); undefined where the snapshot has no such histogram. */
export type PlotImages = (snapshot: RunSnapshot, histogram: string | undefined, options: PlotOptions) => Uint8Array | undefined;

/** What tells snapshots apart: revisions begin anew with the collector, and a run of the same id may be another one. */
function keyOf({ run, startedAt, edition, revision, state, totals }: RunSnapshot): unknown[] {
  // Without commits a plot changes with what is planned, or has failed.
  const { tasks, tasksFailed, entriesExpected } = totals;
  return [run, startedAt, edition, revision, state, tasks, tasksFailed, entriesExpected];
}

/** A drawer that loads canvas and fonts when it is first used. */
export function createPlotImages(): PlotImages {
  let render: ReturnType<typeof createPngRenderer> | undefined;
  const kept = new Map<string, Uint8Array>();
  return (snapshot, histogram, options) => {
    const names = drawableHistograms(snapshot).map(({ name }) => name);
    const name = histogram ?? names[0];
    if (name === undefined || !names.includes(name)) return undefined;
    const key = JSON.stringify([...keyOf(snapshot), name, options]);
    const known = kept.get(key);
    if (known !== undefined) return known;
    render ??= createPngRenderer();
    const image = render(buildPlotModel(snapshot, name, options));
    kept.set(key, image);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    return image;
  };
}
