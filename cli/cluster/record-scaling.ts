import { appendFile, writeFile } from 'node:fs/promises';
import { StorageError } from '#shared/errors.ts';
import { SCALING_COLUMNS, type ScalingSample, scalingCsvLine } from '#shared/kubernetes/scaling-sample.ts';
import { sleep } from '#shared/runtime/retry.ts';

export interface RecordOptions {
  /** Address of the scaler. */
  readonly url: string;
  readonly file: string;
  readonly intervalMs: number;
  /** What the scaler remembers of the time before is written first, this much of it. */
  readonly pastMs: number;
  readonly onRow: (sample: ScalingSample) => void;
  readonly signal: AbortSignal;
}

/** The scaler restarts now and then: for this long it is waited for. */
const PATIENCE_MS = 60_000;

/**
 * Writes a row each interval until the signal aborts; the file is complete after each row.
 * @throws StorageError if the scaler does not answer for a minute
 */
export async function recordScaling({ url, file, intervalMs, pastMs, onRow, signal }: RecordOptions): Promise<void> {
  await writeFile(file, `${SCALING_COLUMNS.join(',')}\n`);
  let last = Date.now() - pastMs - intervalMs;
  let heardAt = performance.now();
  while (!signal.aborted) {
    try {
      for (const sample of await readSamples(url, signal)) {
        const time = Date.parse(sample.time);
        // Samples come every few seconds, never at equal distances: a little early counts.
        if (time - last < intervalMs * 0.9) continue;
        last = time;
        await appendFile(file, `${scalingCsvLine(sample)}\n`);
        onRow(sample);
      }
      heardAt = performance.now();
    } catch (error) {
      if (signal.aborted) return;
      if (performance.now() - heardAt > PATIENCE_MS) throw error;
    }
    await sleep(Math.min(intervalMs, 2000), signal).catch(() => {});
  }
}

/** What the scaler remembers, oldest first. @throws StorageError if it does not answer */
export async function readSamples(url: string, signal: AbortSignal): Promise<ScalingSample[]> {
  try {
    const answer = await fetch(`${url}/samples`, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    return (await answer.json()) as ScalingSample[];
  } catch (cause) {
    throw new StorageError(`the scaler does not answer: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** One line for people. */
export function scalingLine({ time, pods, autoscaler, queue, remaining, eventsPerSecond }: ScalingSample): string {
  const phases = Object.entries(pods).map(([phase, count]) => `${count} ${phase}`);
  const hpa =
    autoscaler === undefined ? 'no autoscaler' : `HPA ${autoscaler.current} -> ${autoscaler.desired} of at most ${autoscaler.max}`;
  const cpu = autoscaler?.cpuPercent === undefined ? '' : `, CPU ${autoscaler.cpuPercent} %`;
  const waiting = queue === undefined ? 'queue unknown' : `queue ${queue.ready} + ${queue.unacked} in hand`;
  const rate = eventsPerSecond === undefined ? '' : `  ${Math.round(eventsPerSecond).toLocaleString('en-US')} events/s`;
  return `${time.slice(11, 19)}  pods ${phases.join(', ') || 'none'}  ${hpa}${cpu}  ${waiting}  ${remaining ?? '?'} tasks left${rate}`;
}
