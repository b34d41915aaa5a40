/**
 * Detects arrivals above a rate, second by second.
 *
 * @module
 */

const SECOND_MS = 1000;

/** Counts arrivals. Times are arguments, in ms of a monotonic clock. */
export class ArrivalRate {
  readonly #perSecond: number;
  #sinceMs = -Infinity;
  #arrived = 0;
  /** The rate was exceeded in this second or in the one before. */
  #exceeded = false;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Counts an arrival, and reports whether arrivals are within the rate. */
  arrive(nowMs: number): boolean {
    this.#advance(nowMs);
    this.#arrived += 1;
    if (this.#arrived > this.#perSecond) this.#exceeded = true;
    return !this.#exceeded;
  }

  /** Reports whether the rate is already exceeded. If it is, counts an arrival. */
  arriveInExcess(nowMs: number): boolean {
    this.#advance(nowMs);
    if (this.#exceeded) this.#arrived += 1;
    return this.#exceeded;
  }

  #advance(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs < SECOND_MS) return;
    this.#exceeded = passedMs < 2 * SECOND_MS && this.#arrived > this.#perSecond;
    this.#arrived = 0;
    this.#sinceMs = nowMs;
  }
}
