/**
 * Waits for many descriptors at once, without a thread for each: `epoll(7)`.
 *
 * @module
 */

import type { Libc } from "./libc.ts";

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 0x001;
/** Maximum number of descriptors that one call of {@linkcode Epoll.wait} reports; the next call reports the rest. */
const EVENTS_PER_WAIT = 64;

/** `struct epoll_event` is packed on x86_64 only (`sys/epoll.h`). */
function eventLayout(arch: typeof Deno.build.arch): { readonly bytes: number; readonly dataOffset: number } {
  return arch === "x86_64" ? { bytes: 12, dataOffset: 4 } : { bytes: 16, dataOffset: 8 };
}

/** A set of descriptors; owns only its own descriptor. Level-triggered: a readable descriptor is reported until it is read. */
export class Epoll {
  readonly #libc: Libc;
  #descriptor: number;
  readonly #layout = eventLayout(Deno.build.arch);
  readonly #events: DataView<ArrayBuffer>;

  /** @throws {OsError} If no descriptor is free. */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#descriptor = libc.symbols.epoll_create1(EPOLL_CLOEXEC);
    if (this.#descriptor < 0) throw libc.lastError("cannot make an epoll descriptor");
    this.#events = new DataView(new ArrayBuffer(this.#layout.bytes * EVENTS_PER_WAIT));
  }

  /** Adds a descriptor. Works while a {@linkcode wait} is in progress. @throws {OsError} */
  add(descriptor: number): void {
    this.#control(EPOLL_CTL_ADD, descriptor);
  }

  /** Removes a descriptor. Closing it and all its duplicates does the same. @throws {OsError} */
  remove(descriptor: number): void {
    this.#control(EPOLL_CTL_DEL, descriptor);
  }

  /**
   * Waits until a descriptor can be read or has an error, or until `timeoutMs` has passed (-1: no limit). Returns the descriptors
   * that can be read. One call at a time.
   */
  async wait(timeoutMs: number): Promise<readonly number[]> {
    const ready = await this.#libc.symbols.epoll_wait(this.#descriptor, this.#events, EVENTS_PER_WAIT, timeoutMs);
    const { bytes, dataOffset } = this.#layout;
    return Array.from(
      { length: Math.max(ready, 0) },
      (_, index) => this.#events.getInt32(index * bytes + dataOffset, true),
    );
  }

  /** Closes the set. Call it only when no {@linkcode wait} is in progress. Idempotent. */
  close(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
  }

  #control(operation: number, descriptor: number): void {
    const event = new DataView(new ArrayBuffer(16));
    event.setUint32(0, EPOLLIN, true);
    event.setInt32(this.#layout.dataOffset, descriptor, true);
    if (this.#libc.symbols.epoll_ctl(this.#descriptor, operation, descriptor, event) !== 0) {
      throw this.#libc.lastError(`cannot change the epoll set for descriptor ${descriptor}`);
    }
  }
}
