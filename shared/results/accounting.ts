/** What a run has taken: core-seconds, bytes by place, requests, retries; by dataset and by worker. */
import { LEFT_OUT } from '#shared/analysis/partial.ts';
import type { CostRow, Costs } from './run-details.ts';

export interface AccountRow {
  readonly name: string;
  /** At tasks; those whose worker vanished are not among them. */
  readonly attempts: number;
  /** CPU time of compute threads. */
  readonly coreSeconds: number;
  /** The sum over `places`. */
  readonly bytesRead: number;
  /** What a preselection of the analysis made needless to read. */
  readonly bytesLeftOut: number;
  readonly requests: number;
  readonly retries: number;
  /** Requests that the disk cache or a copy in the fast folder answered. */
  readonly cacheHits: number;
  readonly places: CostRow['places'];
}

/** The same attempts thrice: all together, by dataset, by worker. */
export interface Accounting {
  readonly total: AccountRow;
  readonly datasets: readonly AccountRow[];
  readonly workers: readonly AccountRow[];
}

/** Places on the worker's own machine. */
const CACHES = ['disk cache', 'stage-in'];

export function accountingOf({ datasets, workers }: Costs): Accounting {
  return {
    total: accountRow({ name: 'all', ...sumOf(datasets) }),
    datasets: datasets.map(accountRow),
    workers: workers.map(accountRow),
  };
}

function accountRow({ name, attempts, cpuMs, retries, places }: Omit<CostRow, 'wallMs'>): AccountRow {
  const { [LEFT_OUT]: leftOut, ...from } = places;
  const all = Object.values(from);
  return {
    name,
    attempts,
    coreSeconds: cpuMs / 1000,
    bytesRead: all.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesLeftOut: leftOut?.bytes ?? 0,
    requests: all.reduce((sum, { requests }) => sum + requests, 0),
    retries,
    cacheHits: CACHES.reduce((sum, place) => sum + (places[place]?.requests ?? 0), 0),
    places: from,
  };
}

function sumOf(rows: readonly CostRow[]): Omit<CostRow, 'name' | 'wallMs'> {
  const places: Record<string, { bytes: number; requests: number }> = {};
  for (const row of rows) {
    for (const [place, { bytes, requests }] of Object.entries(row.places)) {
      const known = places[place] ?? { bytes: 0, requests: 0 };
      places[place] = { bytes: known.bytes + bytes, requests: known.requests + requests };
    }
  }
  const sum = (field: 'attempts' | 'cpuMs' | 'retries') => rows.reduce((total, row) => total + row[field], 0);
  return { attempts: sum('attempts'), cpuMs: sum('cpuMs'), retries: sum('retries'), places };
}

/** Places with their bytes, the largest first: `1.2 GB from https://host, 3.4 MB from disk cache`. */
export function placesText(places: CostRow['places']): string {
  const sorted = Object.entries(places).sort(([, a], [, b]) => b.bytes - a.bytes);
  return sorted.map(([place, { bytes }]) => `${byteText(bytes)} from ${place}`).join(', ');
}

/** `1.2 GB`: three digits, in powers of 1000. */
export function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${bytes} B` : `${(bytes / 1000 ** power).toPrecision(3)} ${units[power]}`;
}
