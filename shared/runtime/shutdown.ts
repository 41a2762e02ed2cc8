/** What `listenForShutdown` needs of `process`. */
export interface SignalProcess {
  readonly pid: number;
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  removeListener(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  kill(pid: number, signal: 'SIGINT' | 'SIGTERM'): unknown;
}

/** The wish to stop, as an AbortSignal; `close` ends the listening. */
export interface Shutdown {
  readonly signal: AbortSignal;
  close(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Exit code of whoever was stopped so. */
export const INTERRUPTED = 130;

/** The reason of the abort: no fault of anybody. */
export class StoppedError extends Error {
  constructor(signal: (typeof SIGNALS)[number]) {
    super(`stopped by ${signal}`);
    this.name = 'StoppedError';
  }
}

/**
 * Turns the first SIGINT or SIGTERM into an abort. A further one after `graceMs` ends the process the hard way; repeats
 * within it are the same Ctrl-C, which a terminal sends to the whole process group and npm forwards once more.
 */
export function listenForShutdown(host: SignalProcess, graceMs = 1000): Shutdown {
  const controller = new AbortController();
  const listeners = new Map<(typeof SIGNALS)[number], () => void>();
  const close = () => {
    for (const [name, listener] of listeners) host.removeListener(name, listener);
  };
  let firstAt: number | undefined;
  for (const name of SIGNALS) {
    const listener = () => {
      if (firstAt === undefined) {
        firstAt = performance.now();
        controller.abort(new StoppedError(name));
      } else if (performance.now() - firstAt >= graceMs) {
        close();
        host.kill(host.pid, name);
      }
    };
    listeners.set(name, listener);
    host.on(name, listener);
  }
  return { signal: controller.signal, close };
}
