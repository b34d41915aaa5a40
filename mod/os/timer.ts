/**
 * Timers that need not be loaded: the `setTimeout` and `setInterval` of Deno 2.9 are those of Node, which take 2 MB of memory and 6
 * ms of processor time to load. The timeout of an `AbortSignal` needs neither. It cannot be ended early, so one that is no longer
 * needed runs out, and then does nothing.
 *
 * @module
 */

/** Waits for a time in ms, or until the next turn of the event loop if it is negative. Keeps the process running. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => after(ms, resolve));
}

/** Calls a function again and again, until it is disposed of. */
export class Ticker implements Disposable {
  readonly #ms: number;
  readonly #onTick: () => void;
  #isOver = false;

  /** @param ms Time between two calls, and before the first one. @param onTick Must not throw. */
  constructor(ms: number, onTick: () => void) {
    this.#ms = ms;
    this.#onTick = onTick;
    this.#wait();
  }

  /** Ends the calls. Idempotent. */
  [Symbol.dispose](): void {
    this.#isOver = true;
  }

  #wait(): void {
    after(this.#ms, () => {
      if (this.#isOver) return;
      this.#wait();
      this.#onTick();
    });
  }
}

function after(ms: number, action: () => void): void {
  AbortSignal.timeout(Math.max(0, ms)).onabort = action;
}
