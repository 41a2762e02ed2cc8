/** What reading has cost: requests and bytes by place, and tries in vain. */
import type { CountedSource, PlaceCounters, Places } from './source.ts';

export interface ReadCost {
  readonly retries: number;
  readonly places: Places;
}

export const NO_COST: ReadCost = { retries: 0, places: {} };

/** What a source has cost since it was opened. */
export function readCostOf({ counters, places, name }: Pick<CountedSource, 'counters' | 'places' | 'name'>): ReadCost {
  const { bytes, requests, retries } = counters;
  return { retries, places: { ...(places?.() ?? { [name]: { bytes, requests } }) } };
}

/** Both together. */
export function addCosts(a: ReadCost, b: ReadCost): ReadCost {
  return combined(a, b, 1);
}

/** What came after `before`; places that gave nothing more are left out. */
export function costSince(before: ReadCost, now: ReadCost): ReadCost {
  return combined(now, before, -1);
}

/** Bytes and requests of all places. */
export function totalOf(places: Places): PlaceCounters {
  const all = Object.values(places);
  return { bytes: all.reduce((sum, { bytes }) => sum + bytes, 0), requests: all.reduce((sum, { requests }) => sum + requests, 0) };
}

function combined(a: ReadCost, b: ReadCost, sign: 1 | -1): ReadCost {
  const names = new Set([...Object.keys(a.places), ...Object.keys(b.places)]);
  const places = [...names].map((name) => {
    const [one, two] = [a.places[name], b.places[name]];
    const bytes = (one?.bytes ?? 0) + sign * (two?.bytes ?? 0);
    return [name, { bytes, requests: (one?.requests ?? 0) + sign * (two?.requests ?? 0) }] as const;
  });
  return {
    retries: a.retries + sign * b.retries,
    places: Object.fromEntries(places.filter(([, { bytes, requests }]) => bytes !== 0 || requests !== 0)),
  };
}
