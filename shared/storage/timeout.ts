/** How long to wait for a server that says nothing. */
export interface LearnedTimeout {
  /** For the next request. */
  ms(): number;
  /** A request was answered after so long. */
  learn(ms: number): void;
  /** A request was given up. */
  missed(): void;
}

/** Answers that are looked back on. */
const WINDOW = 64;
/** Fewer answers than this say nothing. */
const ENOUGH = 8;
/** Times the slowest of the last answers. */
const FACTOR = 10;
/** A server that answers in a millisecond may still have to find a tape mount or a garbage collector in its way. */
const LEAST_MS = 5000;

/** The same time always. */
export function fixedTimeout(ms: number): LearnedTimeout {
  return { ms: () => ms, learn: () => {}, missed: () => {} };
}

/**
 * Learns from what a server needed so far: ten times the slowest of its last answers, never more than `mostMs` and never less
 * than `leastMs`. Each miss doubles it, until an answer comes.
 */
export function learnedTimeout(mostMs: number, leastMs: number = Math.min(LEAST_MS, mostMs)): LearnedTimeout {
  const answers: number[] = [];
  let misses = 0;
  return {
    ms: () => {
      if (answers.length < ENOUGH) return mostMs;
      const learned = Math.max(leastMs, Math.ceil(FACTOR * Math.max(...answers)));
      return Math.min(mostMs, learned * 2 ** misses);
    },
    learn: (ms) => {
      misses = 0;
      answers.push(ms);
      if (answers.length > WINDOW) answers.shift();
    },
    missed: () => {
      misses++;
    },
  };
}

const byServer = new Map<string, LearnedTimeout>();

/** What all sources of this thread have learned about one server. */
export function timeoutOf(server: string, mostMs: number): LearnedTimeout {
  const key = `${server} ${mostMs}`;
  const known = byServer.get(key) ?? learnedTimeout(mostMs);
  byServer.set(key, known);
  return known;
}
