/**
 * Waits until descriptors can be read: many at the same time, with one thread for all of them.
 *
 * @module
 */

import { Epoll } from "./epoll.ts";
import type { Libc } from "./libc.ts";
import { MessageSocket } from "./message_socket.ts";

/** The time-out of `epoll_wait(2)` for a wait without a limit. */
const NO_TIMEOUT = -1;
const BYTE = Uint8Array.of(1);

/** Owns an epoll set and a pair of sockets until it is closed, but not the descriptors that it waits for. */
export class Readiness implements Disposable {
  readonly #epoll: Epoll;
  readonly #waiting = new Map<number, () => void>();
  /** A pair of sockets: a message from one to the other wakes the thread when no wait is left. */
  readonly #wakeReader: MessageSocket;
  readonly #wakeWriter: MessageSocket;
  #isWaiting = false;
  #isClosed = false;

  /** @throws {OsError} No descriptor is free. */
  constructor(libc: Libc) {
    this.#epoll = new Epoll(libc);
    try {
      [this.#wakeReader, this.#wakeWriter] = MessageSocket.pair(libc);
      this.#epoll.add(this.#wakeReader.descriptor);
    } catch (error) {
      this.#epoll.close();
      throw error;
    }
  }

  /**
   * Waits until the descriptor can be read, its other side has closed, or the wait is canceled. At most one wait for each
   * descriptor at a time.
   */
  readable(descriptor: number): Promise<void> {
    this.#epoll.add(descriptor);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(descriptor, resolve);
    if (!this.#isWaiting) void this.#wait();
    return promise;
  }

  /** Cancels the wait for a descriptor, if there is one. Call this before the descriptor is closed. */
  cancel(descriptor: number): void {
    this.#settle(descriptor);
    if (this.#isWaiting && this.#waiting.size === 0) this.#wakeWriter.send(BYTE);
  }

  /** Closes the epoll set and the pair of sockets as soon as no wait is left. Idempotent. */
  close(): void {
    this.#isClosed = true;
    if (!this.#isWaiting) this.#closeAll();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #wait(): Promise<void> {
    this.#isWaiting = true;
    while (this.#waiting.size > 0) {
      for (const descriptor of await this.#epoll.wait(NO_TIMEOUT)) {
        if (descriptor === this.#wakeReader.descriptor) this.#wakeReader.receive(BYTE.slice());
        else this.#settle(descriptor);
      }
    }
    this.#isWaiting = false;
    if (this.#isClosed) this.#closeAll();
  }

  #settle(descriptor: number): void {
    const resolve = this.#waiting.get(descriptor);
    if (resolve === undefined) return;
    this.#waiting.delete(descriptor);
    this.#epoll.remove(descriptor);
    resolve();
  }

  #closeAll(): void {
    this.#epoll.close();
    this.#wakeReader.close();
    this.#wakeWriter.close();
  }
}
