/**
 * Reports the start and the end of a flood of handshakes, each once.
 *
 * @module
 */

import { formatCount } from "../report/format.ts";

/** Our choice: a flood has ended after this long without a challenge. */
const CALM_MS = 5000;

/**
 * Counts the challenges of a flood: the handshakes that were answered with a secret cookie. Times are arguments, in ms of a
 * monotonic clock.
 */
export class FloodReport {
  readonly #warn: (text: string) => void;
  #lastMs: number | null = null;
  #handshakes = 0;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** Counts a challenge; the first one begins a flood. */
  addChallenge(nowMs: number): void {
    if (this.#lastMs === null) {
      this.#warn(
        "handshake flood: new callers must return a cookie until it ends (callers with libsrt or gosrt do)",
      );
    }
    this.#lastMs = nowMs;
    this.#handshakes += 1;
  }

  /** Ends and reports a flood whose last challenge is long enough ago. Returns whether it ended. Call this every few seconds. */
  endIfCalm(nowMs: number): boolean {
    if (this.#lastMs === null || nowMs - this.#lastMs < CALM_MS) return false;
    this.#warn(`handshake flood ended; ${formatCount(this.#handshakes, "handshake")} got a cookie`);
    this.#lastMs = null;
    this.#handshakes = 0;
    return true;
  }
}
