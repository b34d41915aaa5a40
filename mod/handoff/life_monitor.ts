/**
 * Detects that a process hangs: it has sent no message for some time.
 *
 * @module
 */

/**
 * Number of checks in the time after which a process counts as quiet. Our choice: few, because each check wakes this process.
 */
const CHECKS = 4;

/** The limits of a process, and the functions to call. */
export interface LifeMonitorOptions {
  /** Without a message for this long, in ms, the process is quiet. */
  readonly quietMs: number;
  /** Without a message for this long, in ms, it hangs. */
  readonly hungMs: number;
  /** Called each time that the process becomes quiet. */
  readonly onQuiet: () => void;
  /** Called when it hangs, which ends the monitoring. */
  readonly onHung: () => void;
}

/** Monitors one process until that hangs, or until the monitor is disposed of. */
export class LifeMonitor implements Disposable {
  readonly #options: LifeMonitorOptions;
  #heardMs = performance.now();
  #checkedMs = performance.now();
  #isQuiet = false;
  readonly #checkMs: number;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: LifeMonitorOptions) {
    this.#options = options;
    this.#checkMs = options.quietMs / CHECKS;
    this.#timer = setInterval(() => this.#check(), this.#checkMs);
  }

  /** Notes a message of the process. */
  heard(): void {
    this.#heardMs = performance.now();
  }

  /** Ends the monitoring. Idempotent. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #check(): void {
    const { quietMs, hungMs, onQuiet, onHung } = this.#options;
    const nowMs = performance.now();
    // if this process itself did not run, messages may wait to be read
    if (nowMs - this.#checkedMs > 2 * this.#checkMs) this.#heardMs = nowMs;
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
