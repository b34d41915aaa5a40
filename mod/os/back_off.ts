/**
 * The pauses between calls to a listener that does not accept them, or that ends its connections early.
 *
 * @module
 */

/** The first pause. It doubles with each further one. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** After a connection of this length, the next pause is the shortest again. */
const USEFUL_MS = 60_000;

/** Calculates the pauses of one listener. */
export class BackOff {
  readonly #firstMs: number;
  #nextMs: number;

  constructor(firstMs: number = FIRST_PAUSE_MS) {
    this.#firstMs = firstMs;
    this.#nextMs = firstMs;
  }

  /** Returns the pause before the next call, in ms. */
  next(): number {
    const pauseMs = this.#nextMs;
    this.#nextMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    return pauseMs;
  }

  /** Notes that a connection of this length has ended. */
  noteConnection(durationMs: number): void {
    if (durationMs >= USEFUL_MS) this.#nextMs = this.#firstMs;
  }
}
