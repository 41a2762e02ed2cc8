/** What attempts have cost, by dataset and by worker. Rows are bounded: what is beyond counts as "others". */
import { LEFT_OUT } from '#shared/analysis/partial.ts';
import type { CostSnapshot } from '#shared/plot/snapshot.ts';
import type { Cost } from '#shared/queue/messages.ts';
import type { CostRow, Costs } from '#shared/results/run-details.ts';
import type { LedgerDatabase } from './ledger-database.ts';

type Scope = 'dataset' | 'worker';

/** Rows of one scope of a run, and places of one row. */
const MOST_NAMES = 1000;
const MOST_PLACES = 20;
const OTHERS = 'others';

interface Sum {
  readonly run: string;
  readonly scope: Scope;
  readonly name: string;
  readonly cost: { attempts: number; cpuMs: number; wallMs: number; retries: number };
  readonly places: Map<string, { bytes: number; requests: number }>;
}

/** The costs of one transaction, summed up before they are written: a few rows for hundreds of reports. */
export class CostSums {
  readonly #sums = new Map<string, Sum>();

  /** Counts an attempt in. */
  add(run: string, dataset: string, worker: string, cost: Cost): void {
    this.#addTo(run, 'dataset', dataset, cost);
    this.#addTo(run, 'worker', worker, cost);
  }

  /** Inside the caller's transaction. */
  write(db: LedgerDatabase): void {
    for (const { run, scope, name, cost, places } of this.#sums.values()) {
      const row = knownOrOthers(db, 'costs', 'name', [run, scope], name, MOST_NAMES);
      db.run(
        `INSERT INTO costs (run, scope, name, attempts, cpu_ms, wall_ms, retries) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts, cpu_ms = cpu_ms + excluded.cpu_ms,
         wall_ms = wall_ms + excluded.wall_ms, retries = retries + excluded.retries`,
        ...[run, scope, row, cost.attempts, cost.cpuMs, cost.wallMs, cost.retries],
      );
      for (const [place, { bytes, requests }] of places) {
        db.run(
          `INSERT INTO cost_places (run, scope, name, place, bytes, requests) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, requests = requests + excluded.requests`,
          ...[run, scope, row, knownOrOthers(db, 'cost_places', 'place', [run, scope, row], place, MOST_PLACES), bytes, requests],
        );
      }
    }
  }

  #addTo(run: string, scope: Scope, name: string, { cpuMs, wallMs, retries, places }: Cost): void {
    const key = `${run}\n${scope}\n${name}`;
    const sum = this.#sums.get(key) ?? { run, scope, name, cost: { attempts: 0, cpuMs: 0, wallMs: 0, retries: 0 }, places: new Map() };
    this.#sums.set(key, sum);
    sum.cost.attempts += 1;
    sum.cost.cpuMs += cpuMs;
    sum.cost.wallMs += wallMs;
    sum.cost.retries += retries;
    for (const [place, { bytes, requests }] of Object.entries(places)) {
      const known = sum.places.get(place);
      sum.places.set(place, { bytes: (known?.bytes ?? 0) + bytes, requests: (known?.requests ?? 0) + requests });
    }
  }
}

const KEYS = ['run', 'scope', 'name'];

/** The value, where the table has a row for it or room for one more. */
function knownOrOthers(
  db: LedgerDatabase,
  table: 'costs' | 'cost_places',
  column: 'name' | 'place',
  keys: readonly string[],
  value: string,
  most: number,
): string {
  const where = keys.map((_, i) => `${KEYS[i]} = ?`).join(' AND ');
  if (db.get(`SELECT 1 FROM ${table} WHERE ${where} AND ${column} = ?`, ...keys, value)) return value;
  const rows = Number(db.get(`SELECT count(*) AS n FROM ${table} WHERE ${where}`, ...keys)?.['n']);
  return rows < most - 1 ? value : OTHERS;
}

/** All of it together, for the page: read many times a second. */
export function readCostSoFar(db: LedgerDatabase, run: string): CostSnapshot {
  const sum = db.get(`SELECT total(cpu_ms) AS ms FROM costs WHERE run = ? AND scope = 'dataset'`, run);
  const sql = `SELECT place, sum(bytes) AS bytes FROM cost_places WHERE run = ? AND scope = 'dataset' AND place <> ? GROUP BY place`;
  const places = db.all(sql, run, LEFT_OUT);
  return {
    coreSeconds: Number(sum?.['ms']) / 1000,
    bytesFrom: Object.fromEntries(places.map(({ place, bytes }) => [String(place), Number(bytes)])),
  };
}

/** Datasets in the order of the run, workers by name. */
export function readCosts(db: LedgerDatabase, run: string): Costs {
  const rows = db.all(
    `SELECT c.scope, c.name, c.attempts, c.cpu_ms, c.wall_ms, c.retries FROM costs c
     LEFT JOIN datasets d ON d.run = c.run AND d.dataset = c.name AND c.scope = 'dataset' WHERE c.run = ? ORDER BY d.position, c.name`,
    run,
  );
  const places = db.all('SELECT scope, name, place, bytes, requests FROM cost_places WHERE run = ? ORDER BY place', run);
  const of = (wanted: Scope): CostRow[] =>
    rows.flatMap(({ scope, name, attempts, cpu_ms, wall_ms, retries }) => {
      if (scope !== wanted) return [];
      const own = places.filter((each) => each['scope'] === scope && each['name'] === name);
      const byPlace = own.map((each) => [String(each['place']), { bytes: Number(each['bytes']), requests: Number(each['requests']) }]);
      const sums = { cpuMs: Number(cpu_ms), wallMs: Number(wall_ms), retries: Number(retries) };
      return [{ name: String(name), attempts: Number(attempts), ...sums, places: Object.fromEntries(byPlace) }];
    });
  return { datasets: of('dataset'), workers: of('worker') };
}
