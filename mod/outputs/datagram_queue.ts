/**
 * Datagrams that wait for the time at which they are sent: a queue with a limit, whose memory grows only as it fills.
 *
 * @module
 */

import type { DatagramPlace } from "../os/udp_sender.ts";
import { DATAGRAM_BYTES } from "./ts_datagrams.ts";

/**
 * How long after its due time a datagram is sent. Our choice: a round of a session's loop receives what has become due in the last
 * 60 ms, so everything arrives here in time.
 */
export const DELAY_MS = 80;
/** How often datagrams that are due are sent. Our choice: 12 datagrams at 25 Mbit/s, which every receiver can buffer. */
export const TICK_MS = 5;
/** Datagrams for which there is memory at first. Our choice: 80 ms at 34 Mbit/s. */
const FIRST_SLOTS = 256;
/** Our choice: 2 s at 20 Mbit/s, 5 MB. */
const LIMIT_DATAGRAMS = 4096;

/** First in, first out. A ring of slots of equal size. */
export class DatagramQueue {
  readonly #limit: number;
  #memory: Uint8Array<ArrayBuffer>;
  #lengths: Uint16Array;
  #times: Float64Array;
  #first = 0;
  #count = 0;

  constructor(limit: number = LIMIT_DATAGRAMS) {
    this.#limit = limit;
    const slots = Math.min(FIRST_SLOTS, limit);
    this.#memory = new Uint8Array(slots * DATAGRAM_BYTES);
    this.#lengths = new Uint16Array(slots);
    this.#times = new Float64Array(slots);
  }

  /** Datagrams that wait. */
  get count(): number {
    return this.#count;
  }

  /** The memory that {@linkcode due} refers to. */
  get memory(): Uint8Array<ArrayBuffer> {
    return this.#memory;
  }

  /** Copies a datagram. Returns false, and adds nothing, if the limit is reached. `dueMs` never decreases. */
  push(datagram: Uint8Array, dueMs: number): boolean {
    if (this.#count === this.#slots) {
      if (this.#slots >= this.#limit) return false;
      this.#grow();
    }
    const slot = (this.#first + this.#count) % this.#slots;
    this.#memory.set(datagram, slot * DATAGRAM_BYTES);
    this.#lengths[slot] = datagram.length;
    this.#times[slot] = dueMs;
    this.#count += 1;
    return true;
  }

  /** Returns the places of the datagrams that are due at `nowMs`, `max` at most. They stay in the queue. */
  due(nowMs: number, max: number): readonly DatagramPlace[] {
    const places: DatagramPlace[] = [];
    while (places.length < Math.min(max, this.#count)) {
      const slot = (this.#first + places.length) % this.#slots;
      if ((this.#times[slot] ?? 0) > nowMs) break;
      places.push({ start: slot * DATAGRAM_BYTES, bytes: this.#lengths[slot] ?? 0 });
    }
    return places;
  }

  /** Removes the first `count` datagrams. */
  drop(count: number): void {
    if (count > this.#count) throw new RangeError("cannot drop more than waits");
    this.#first = (this.#first + count) % this.#slots;
    this.#count -= count;
    if (this.#count === 0) this.#first = 0;
  }

  get #slots(): number {
    return this.#lengths.length;
  }

  /** Doubles the memory, up to the limit; called while the ring is full. */
  #grow(): void {
    const slots = Math.min(this.#slots * 2, this.#limit);
    const memory = new Uint8Array(slots * DATAGRAM_BYTES);
    const lengths = new Uint16Array(slots);
    const times = new Float64Array(slots);
    const first = this.#first;
    memory.set(this.#memory.subarray(first * DATAGRAM_BYTES));
    memory.set(this.#memory.subarray(0, first * DATAGRAM_BYTES), (this.#slots - first) * DATAGRAM_BYTES);
    lengths.set(this.#lengths.subarray(first));
    lengths.set(this.#lengths.subarray(0, first), this.#slots - first);
    times.set(this.#times.subarray(first));
    times.set(this.#times.subarray(0, first), this.#slots - first);
    this.#memory = memory;
    this.#lengths = lengths;
    this.#times = times;
    this.#first = 0;
  }
}
