/**
 * Notices that a process hangs: it has given no sign of life for some time.
 *
 * @module
 */

/** How often a process is checked. */
const CHECK_MS = 1000;

/** What a watch decides by, and where it reports. */
export interface LifeWatchOptions {
  /** Without a sign of life for this long, the process is quiet, in ms. */
  readonly quietMs: number;
  /** Without a sign of life for this long, it hangs, in ms. */
  readonly hungMs: number;
  /** Called each time that the process becomes quiet. */
  readonly onQuiet: () => void;
  /** Called once. The watch is over then. */
  readonly onHung: () => void;
}

/** Watches one process until it is disposed of. */
export class LifeWatch implements Disposable {
  readonly #options: LifeWatchOptions;
  #heardMs = performance.now();
  #checkedMs = performance.now();
  #isQuiet = false;
  readonly #timer = setInterval(() => this.#check(), CHECK_MS);

  constructor(options: LifeWatchOptions) {
    this.#options = options;
  }

  /** The process has given a sign of life. */
  heard(): void {
    this.#heardMs = performance.now();
  }

  /** Ends the watch. Idempotent. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const { quietMs, hungMs, onQuiet, onHung } = this.#options;
    const nowMs = performance.now();
    // if this process itself did not run, signs of life may wait to be read
    if (nowMs - this.#checkedMs > 2 * CHECK_MS) this.#heardMs = nowMs;
    this.#checkedMs = nowMs;
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= hungMs) {
      this[Symbol.dispose]();
      return onHung();
    }
    if (silentMs >= quietMs && !this.#isQuiet) onQuiet();
    this.#isQuiet = silentMs >= quietMs;
  }
}
