/**
 * Lets callers whose return path is not proven wait for a place, in the order in which they came.
 *
 * @module
 */

import { START_DEADLINE_MS } from "../handoff/start_queue.ts";
import { type UnprovenPlace, UnprovenPlaces } from "../admission/unproven_places.ts";

/** How often time alone may change what the callers wait for, in ms. */
const CHECK_MS = 100;

/** What a caller gets: a place, a challenge because of others that prove nothing, or neither in the time that callers wait. */
export type Placed = UnprovenPlace | "challenge" | "late";

interface Waiting {
  readonly arrivalMs: number;
  readonly resolve: (placed: Placed) => void;
}

/** Queues callers. */
export class UnprovenCallers {
  readonly #places = new UnprovenPlaces(() => this.#advance());
  readonly #waiting: Waiting[] = [];
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param now A clock in ms that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Waits for a place, or until it is clear that there will be none.
   *
   * @param arrivalMs When the caller's handshake began, of the same clock.
   */
  place(arrivalMs: number): Promise<Placed> {
    const { promise, resolve } = Promise.withResolvers<Placed>();
    this.#waiting.push({ arrivalMs, resolve });
    this.#advance();
    return promise;
  }

  /** Ends all waits. */
  close(): void {
    clearTimeout(this.#timer);
    for (const { resolve } of this.#waiting.splice(0)) resolve("late");
  }

  #advance(): void {
    clearTimeout(this.#timer);
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const nowMs = this.#now();
      const placing = this.#places.take(nowMs);
      if (placing === "wait" && nowMs - first.arrivalMs < START_DEADLINE_MS) break;
      this.#waiting.shift();
      first.resolve(placing === "wait" ? "late" : placing);
    }
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#advance(), CHECK_MS);
  }
}
