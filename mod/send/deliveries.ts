/**
 * Which messages of a connection the listener has acknowledged.
 *
 * @module
 */

import type { Caller } from "../srt/caller.ts";

/** Counts the messages of one connection, in the order in which they were sent. */
export class Deliveries {
  readonly #connection: Pick<Caller, "isOpen" | "unacknowledged" | "statistics">;
  /** Lengths of the messages in libsrt's sender buffer, in bytes. */
  #lengths: number[] = [];
  #late = 0;

  constructor(connection: Pick<Caller, "isOpen" | "unacknowledged" | "statistics">) {
    this.#connection = connection;
  }

  /** Messages that are not acknowledged. */
  get waiting(): number {
    return this.#lengths.length;
  }

  /** Messages that libsrt has given up, because they were too late to be of use. */
  get late(): number {
    return this.#late;
  }

  /** Adds a message that libsrt has accepted. */
  add(bytes: number): void {
    this.#lengths.push(bytes);
  }

  /** Returns how many payload bytes were acknowledged since the last call. */
  settle(): number {
    const waiting = this.#connection.unacknowledged;
    const { pktSndDropTotal } = this.#connection.statistics();
    if (!this.#connection.isOpen || waiting >= this.#lengths.length) return 0;
    const left = this.#lengths.splice(0, this.#lengths.length - waiting);
    const late = Math.min(left.length, pktSndDropTotal - this.#late);
    this.#late += late;
    return left.slice(late).reduce((sum, bytes) => sum + bytes, 0);
  }
}
