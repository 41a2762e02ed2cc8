/** Time over which a rate is taken. */
const WINDOW_MS = 10_000;
/** Points are joined to this distance: memory is bounded, whatever the rate of commits. */
const STEP_MS = 250;

/** How many a second, over the last seconds. */
export class RateMeter {
  readonly #points: { at: number; count: number }[] = [];
  readonly #start: number;

  constructor(nowMs: number) {
    this.#start = nowMs;
  }

  add(count: number, nowMs: number): void {
    const last = this.#points.at(-1);
    if (last !== undefined && nowMs - last.at < STEP_MS) last.count += count;
    else this.#points.push({ at: nowMs, count });
    while (this.#points[0] !== undefined && this.#points[0].at < nowMs - WINDOW_MS) this.#points.shift();
  }

  /** True if nothing was counted for so long that the rate is 0. */
  isIdle(nowMs: number): boolean {
    return nowMs - (this.#points.at(-1)?.at ?? this.#start) > WINDOW_MS;
  }

  perSecond(nowMs: number): number {
    const since = Math.max(this.#start, nowMs - WINDOW_MS);
    const count = this.#points.reduce((sum, point) => sum + (point.at >= since ? point.count : 0), 0);
    return nowMs > since ? (count * 1000) / (nowMs - since) : 0;
  }
}
