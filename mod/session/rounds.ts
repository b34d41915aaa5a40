/**
 * Decides when the next round of a session begins. In each round, the session receives what is due and checks its caller.
 *
 * @module
 */

import { sleep } from "../os/timer.ts";

/**
 * Time from one round to the next:
 *
 * - `usual`: waking up is most of the cost of a session. With 100 ms instead of 60 ms, a session at 10 Mbit/s takes a tenth less
 *   processor time. A player that reads the file does not notice that payload waits in libsrt for this long after it is due.
 * - `live`: in place of `usual`, for a session whose payload also goes somewhere other than files.
 * - `gap`: each read that finds nothing makes libsrt give up one gap, so the next read follows soon.
 * - `behind`: libsrt has just given up a gap.
 * - `first`: it is not known when the first payload becomes due, and it may have gaps.
 * - `lossy`: for a second after a gap, while packets wait for delivery, more gaps are expected. A usual round would have to give up
 *   about 17 at 10 % loss and 20 Mbit/s.
 * - `ending`: the session only waits until what has arrived is delivered.
 */
const ROUND_MS = { usual: 100, live: 60, lossy: 10, first: 10, gap: 1, behind: 1, ending: 40 } as const;
/** How long after a gap the next one is expected. */
const LOSSY_MS = 1000;
/** How long after the start of a session its rounds are short if no payload has been delivered. */
const FIRST_MS = 1000;

/** What a round found. */
export interface RoundResult {
  /** Of a monotonic clock. */
  readonly nowMs: number;
  /** Whether a gap was met. */
  readonly gap: boolean;
  /** Whether payload is ready that waited behind a gap. */
  readonly behind: boolean;
  /** Whether any payload was delivered so far. */
  readonly hasDelivered: boolean;
  /** Whether the end is decided, and the session only waits until what has arrived is delivered. */
  readonly ending: boolean;
  /** Whether packets have arrived that were not delivered. */
  readonly undelivered: boolean;
}

/** Waits between the rounds of one session. */
export class Rounds {
  readonly #usualMs: number;
  #startMs: number | null = null;
  #gapMs = -Infinity;

  /** @param isLive Whether payload goes somewhere other than files, such as a player. */
  constructor({ isLive }: { readonly isLive: boolean }) {
    this.#usualMs = ROUND_MS[isLive ? "live" : "usual"];
  }

  /** Waits until the next round is due. */
  next(result: RoundResult): Promise<void> {
    this.#startMs ??= result.nowMs;
    if (result.gap) this.#gapMs = result.nowMs;
    const kind = this.#kindOf(result);
    return sleep(kind === "usual" ? this.#usualMs : ROUND_MS[kind]);
  }

  #kindOf(
    { nowMs, gap, behind, hasDelivered, ending, undelivered }: RoundResult,
  ): Exclude<keyof typeof ROUND_MS, "live"> {
    if (gap) return "gap";
    if (behind) return "behind";
    // libsrt up to version 1.4 delivers what follows a gap only after its next ACK, 10 ms after the gap
    const isLossy = undelivered && nowMs - this.#gapMs < LOSSY_MS;
    if (isLossy) return "lossy";
    if (ending) return "ending";
    return !hasDelivered && nowMs - (this.#startMs ?? nowMs) < FIRST_MS ? "first" : "usual";
  }
}
