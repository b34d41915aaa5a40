/**
 * Waits until descriptors can be read: many at the same time, with one thread for all of them.
 *
 * @module
 */

import { Epoll } from "./epoll.ts";
import type { Libc } from "./libc.ts";

/** Our choice: how long the thread may continue to wait after the last wait was canceled. */
const ROUND_MS = 1000;

/** Owns an epoll descriptor until it is closed. */
export class Readiness implements Disposable {
  readonly #epoll: Epoll;
  readonly #waiting = new Map<number, () => void>();
  #isWaiting = false;
  #isClosed = false;

  /** @throws {OsError} No descriptor is left. */
  constructor(libc: Libc) {
    this.#epoll = new Epoll(libc);
  }

  /** Waits until the descriptor can be read, its other side is gone, or the wait is canceled. One wait for each descriptor. */
  readable(descriptor: number): Promise<void> {
    this.#epoll.add(descriptor);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(descriptor, resolve);
    if (!this.#isWaiting) void this.#wait();
    return promise;
  }

  /** Cancels the wait for a descriptor, if there is one. Call this before the descriptor is closed. */
  cancel(descriptor: number): void {
    const resolve = this.#waiting.get(descriptor);
    if (resolve === undefined) return;
    this.#waiting.delete(descriptor);
    this.#epoll.remove(descriptor);
    resolve();
  }

  /** Closes the epoll descriptor, as soon as nothing waits. Idempotent. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isWaiting) this.#epoll.close();
  }

  /** Same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true;
    while (this.#waiting.size > 0) {
      for (const descriptor of await this.#epoll.wait(ROUND_MS)) this.cancel(descriptor);
    }
    this.#isWaiting = false;
    if (this.#isClosed) this.#epoll.close();
  }
}
