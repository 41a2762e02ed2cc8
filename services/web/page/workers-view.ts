/** Workers over time, where the server knows of a cluster: running, wanted, and how many there may be. */
import type { ScalingSample } from '#shared/kubernetes/scaling-sample.ts';
import { byId, setText } from './dom.ts';
import { stepPath } from './step-path.ts';

const EVERY_MS = 5000;
const WIDTH = 600;
const HEIGHT = 90;

/** Shows the card and keeps it up to date; does nothing where there is no cluster. */
export async function watchWorkers(): Promise<void> {
  for (;;) {
    // A page in the background asks for nothing.
    if (!document.hidden) {
      const answer = await fetch('/api/scaling').catch(() => undefined);
      if (answer?.status === 204) return;
      if (answer?.ok) show((await answer.json()) as readonly ScalingSample[]);
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}

function show(samples: readonly ScalingSample[]): void {
  const last = samples.at(-1);
  byId('workers-card').hidden = last === undefined;
  if (last === undefined) return;
  const start = Date.parse(samples[0]?.time ?? last.time);
  const line = (of: (sample: ScalingSample) => number | undefined) =>
    samples.flatMap((sample) => {
      const value = of(sample);
      return value === undefined ? [] : [[Date.parse(sample.time) - start, value] as const];
    });
  const running = line(({ pods }) => pods['Running'] ?? 0);
  const wanted = line(({ autoscaler }) => autoscaler?.desired);
  const scale = {
    width: WIDTH,
    height: HEIGHT,
    xMax: Date.parse(last.time) - start,
    yMax: Math.max(1, ...[...running, ...wanted].map(([, value]) => value)) * 1.1,
  };
  byId('workers-running').setAttribute('d', stepPath(running, scale));
  byId('workers-wanted').setAttribute('d', stepPath(wanted, scale));
  setText(byId('workers-text'), describeWorkers(last));
  setText(byId('workers-span'), `The last ${Math.max(1, Math.round(scale.xMax / 60_000))} min`);
}

function describeWorkers({ pods, autoscaler, queue }: ScalingSample): string {
  const others = Object.entries(pods).filter(([phase]) => phase !== 'Running');
  const parts = [`${pods['Running'] ?? 0} running`, ...others.map(([phase, count]) => `${count} ${phase.toLowerCase()}`)];
  if (autoscaler !== undefined) parts.push(`${autoscaler.desired} wanted, ${autoscaler.min} to ${autoscaler.max}`);
  if (autoscaler?.cpuPercent !== undefined) parts.push(`CPU ${autoscaler.cpuPercent} % of request`);
  if (queue !== undefined) parts.push(`${queue.ready} tasks wait, ${queue.unacked} in hand`);
  return parts.join(' · ');
}
