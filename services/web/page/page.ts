/** The page: follows one run and shows its newest state. */
import type { PlotModel } from '#shared/plot/plot-model.ts';
import { normalisationText } from '#shared/plot/plot-text.ts';
import type { RunSnapshot } from '#shared/plot/snapshot.ts';
import { byId, setText } from './dom.ts';
import { type Connection, currentRun, followRun, type LiveRunHandlers } from './live-run.ts';
import { createPlotView } from './plot-view.ts';
import { ByteRate, showAbout, showDownloads, showHead, showTotals } from './run-summary.ts';
import { showCutFlow, showDatasets, showFailures, showPools, showYields } from './tables.ts';
import { wireThemeSwitch } from './theme-switch.ts';
import { watchWorkers } from './workers-view.ts';

const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  finished: 'Finished',
  missing: 'No such run',
};

function showConnection(connection: Connection, why?: string): void {
  const pill = byId('connection');
  pill.dataset['state'] = connection;
  setText(pill, why === undefined ? CONNECTIONS[connection] : `${CONNECTIONS[connection]}: ${why}`);
}

/** While the connection is lost the page keeps what it has, and says from when it is. */
function showStale(connection: Connection, updatedAt: Date | undefined): void {
  const isStale = connection === 'reconnecting' && updatedAt !== undefined;
  byId('stale').hidden = !isStale;
  if (isStale) setText(byId('stale-time'), updatedAt.toLocaleTimeString());
}

/** In the words of the page that the server has for a run that does not exist. */
function showMissing(connection: Connection, run: string): void {
  byId('gone').hidden = connection !== 'missing';
  setText(byId('gone-text'), `There is no run ${run}`);
}

function showPlotNumbers(model: PlotModel, snapshot: RunSnapshot): void {
  showYields(model, snapshot);
  setText(byId('normalisation'), normalisationText(snapshot));
  showDownloads(snapshot, new URLSearchParams({ histogram: model.name, x: model.x.scale, y: model.y.scale }).toString());
}

function start(): void {
  const plot = createPlotView(showPlotNumbers);
  const bytes = new ByteRate();
  wireThemeSwitch(() => plot.redraw());
  let waiting: RunSnapshot | undefined;
  let updatedAt: Date | undefined;
  let followed = '';
  const show = () => {
    const snapshot = waiting;
    waiting = undefined;
    if (snapshot === undefined) return;
    showHead(snapshot);
    showTotals(snapshot, bytes.add(snapshot));
    showCutFlow(snapshot);
    showDatasets(snapshot);
    showPools(snapshot);
    showFailures(snapshot);
    showAbout(snapshot);
    const model = plot.show(snapshot);
    if (model === undefined) showDownloads(snapshot, '');
    else showPlotNumbers(model, snapshot);
    document.documentElement.dataset['revision'] = String(snapshot.revision);
  };
  const handlers: LiveRunHandlers = {
    onConnection: (connection, why) => {
      showConnection(connection, why);
      showStale(connection, updatedAt);
      showMissing(connection, followed);
    },
    // A page in the background draws nothing until it is looked at, then only the newest state.
    onSnapshot: (snapshot) => {
      if (waiting === undefined) requestAnimationFrame(show);
      waiting = snapshot;
      updatedAt = new Date();
    },
  };
  void currentRun(handlers).then((run) => {
    followed = run;
    followRun(run, handlers);
  });
  void watchWorkers();
}

start();
