/**
 * Queues callers with an unproven return path until each can get a place: a permission to run as an unproven session
 * (`admission/unproven_places.ts`).
 *
 * @module
 */

import { FairQueue, type Waiting } from "../handoff/fair_queue.ts";
import { START_DEADLINE_MS } from "../handoff/start_queue.ts";
import { type UnprovenPlace, UnprovenPlaces } from "../admission/unproven_places.ts";

/** How often the queue is checked if nothing else happens, in ms. */
const CHECK_MS = 100;

/**
 * What a caller gets: a place, a challenge because other callers do not prove themselves, or `late` if neither was possible in
 * time.
 */
export type Placed = UnprovenPlace | "challenge" | "late";

interface WaitingCaller extends Waiting {
  readonly resolve: (placed: Placed) => void;
}

/** Queues callers. */
export class UnprovenCallers {
  readonly #places = new UnprovenPlaces(() => this.#advance());
  readonly #waiting = new FairQueue<WaitingCaller>();
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param now A monotonic clock, in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Waits for a place, or until it is clear that there will be none.
   *
   * @param arrivalMs When the caller's handshake began, or when it begins to wait again, in ms of the same clock.
   * @param name Its stream name, or another property that callers of the same kind share.
   */
  place(arrivalMs: number, name: string): Promise<Placed> {
    const { promise, resolve } = Promise.withResolvers<Placed>();
    this.#waiting.add({ arrivalMs, name, resolve });
    this.#advance();
    return promise;
  }

  /** Ends all waits. */
  close(): void {
    clearTimeout(this.#timer);
    for (const { resolve } of this.#waiting.takeUntil(Infinity)) resolve("late");
  }

  #advance(): void {
    clearTimeout(this.#timer);
    const nowMs = this.#now();
    for (const { resolve } of this.#waiting.takeUntil(nowMs - START_DEADLINE_MS)) resolve("late");
    for (let { next } = this.#waiting; next !== undefined; { next } = this.#waiting) {
      const placing = this.#places.take(nowMs);
      if (placing === "wait") break;
      this.#waiting.serve(next);
      next.resolve(placing);
    }
    if (this.#waiting.earliest !== undefined) this.#timer = setTimeout(() => this.#advance(), CHECK_MS);
  }
}
