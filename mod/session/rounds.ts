/**
 * The rhythm of a session: when its next round begins.
 *
 * @module
 */

/**
 * `usual`: waking up is most of what a session costs this program. After 60 ms, what is due has not waited in libsrt for 100 ms, and a
 * player behind the file does not notice. `gap`: libsrt gives up one gap each time that it is found empty, so it is asked again after
 * this time. `lossy`: while gaps are met, several would become due in a usual round and be given up one after the other: eleven at 10 %
 * loss and 20 Mbit/s. `ending`: the session waits for its end.
 */
const ROUND_MS = { usual: 60, lossy: 10, gap: 1, ending: 40 } as const;
/** How long after a gap the next one is expected. */
const LOSSY_MS = 1000;

/** What a round found. */
export interface RoundResult {
  /** Of a monotonic clock. */
  readonly nowMs: number;
  /** Whether a gap was met. */
  readonly gap: boolean;
  /** Whether the end is decided, and what has arrived is waited for. */
  readonly ending: boolean;
  /** Whether packets have arrived that were not delivered. */
  readonly undelivered: boolean;
}

/** Waits between the rounds of one session. */
export class Rounds implements Disposable {
  #gapMs = -Infinity;
  #begin: () => void = () => {};
  /** One timer for all usual rounds: one for each takes four times the memory and a quarter more processor time. */
  readonly #timer = setInterval(() => this.#begin(), ROUND_MS.usual);

  /** Waits until the next round is due. One call at a time. */
  next(result: RoundResult): Promise<void> {
    if (result.gap) this.#gapMs = result.nowMs;
    const kind = this.#kindOf(result);
    return new Promise((resolve) => {
      if (kind === "usual") this.#begin = resolve;
      else setTimeout(resolve, ROUND_MS[kind]);
    });
  }

  /** Ends the timer. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #kindOf({ nowMs, gap, ending, undelivered }: RoundResult): keyof typeof ROUND_MS {
    if (gap) return "gap";
    // up to 1.4, libsrt delivers what is behind a gap only once it has acknowledged it: 10 ms after the gap
    const isLossy = undelivered && nowMs - this.#gapMs < LOSSY_MS;
    if (isLossy) return "lossy";
    return ending ? "ending" : "usual";
  }
}
