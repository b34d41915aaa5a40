/**
 * Whether strangers come faster than is usual, second by second.
 *
 * @module
 */

const SECOND_MS = 1000;

/** Counts arrivals. */
export class ArrivalRate {
  readonly #perSecond: number;
  #sinceMs = -Infinity;
  #arrived = 0;
  /** More than that have come in this second, or in the one before. */
  #rush = false;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** One has come: whether they come at a usual rate. */
  arrive(nowMs: number): boolean {
    this.#turn(nowMs);
    this.#arrived += 1;
    if (this.#arrived > this.#perSecond) this.#rush = true;
    return !this.#rush;
  }

  /** Whether this is a rush, in which {@linkcode arrive} would say no to everyone; if so, one has come. */
  arriveInRush(nowMs: number): boolean {
    this.#turn(nowMs);
    if (this.#rush) this.#arrived += 1;
    return this.#rush;
  }

  #turn(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (passedMs < SECOND_MS) return;
    this.#rush = passedMs < 2 * SECOND_MS && this.#arrived > this.#perSecond;
    this.#arrived = 0;
    this.#sinceMs = nowMs;
  }
}
