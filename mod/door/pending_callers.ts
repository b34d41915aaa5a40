/**
 * The callers in their handshake, found by their key, by the descriptor of their socket, or by the cookie that they were given.
 *
 * @module
 */

import { BoundedMap } from "../admission/bounded_map.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { PendingCaller } from "./pending_caller.ts";

/** Maximum number of callers that are remembered after their slot (`handshake_slots.ts`) has expired. Our choice. */
const MAX_EXPIRED = 1024;

/** Returns the key of a caller: its address and port, because one connected socket serves all calls from there. */
export function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}

/** Owns the callers, and with them their sockets, until they are removed. */
export class PendingCallers {
  readonly #callers = new Map<string, PendingCaller>();
  readonly #keys = new Map<number, string>();
  readonly #issued = new Map<number, Endpoint>();
  /** Keys of callers whose slot has expired, by the cookie that they were given. */
  readonly #expired = new BoundedMap<number, string>(MAX_EXPIRED);

  /** The number of callers. */
  get size(): number {
    return this.#callers.size;
  }

  /** The keys of all callers. */
  get keys(): readonly string[] {
    return [...this.#callers.keys()];
  }

  /** Adds a caller under its key. */
  add(key: string, pending: PendingCaller): void {
    this.#callers.set(key, pending);
    this.#keys.set(pending.socket.descriptor, key);
    this.#issued.set(pending.predictedCookie, pending.caller);
  }

  /** The caller with this key. */
  get(key: string): PendingCaller | undefined {
    return this.#callers.get(key);
  }

  /** The key of the caller whose socket has this descriptor. */
  keyAt(descriptor: number): string | undefined {
    return this.#keys.get(descriptor);
  }

  /** The address and port that were given this cookie (unsigned). */
  issuedTo(cookie: number): Endpoint | undefined {
    return this.#issued.get(cookie);
  }

  /** Reports whether this cookie (unsigned) was given to a caller that is in its handshake or whose slot has expired. */
  isIssued(cookie: number): boolean {
    return this.#issued.has(cookie) || this.#expired.has(cookie);
  }

  /** Reports whether this cookie (unsigned) was given to the caller with this key, whose slot has expired. */
  isExpired(cookie: number, key: string): boolean {
    return this.#expired.get(cookie) === key;
  }

  /** Forgets which caller this cookie (unsigned) was given to. */
  forgetCookie(cookie: number): void {
    this.#issued.delete(cookie);
  }

  /** Removes a caller whose slot has expired, and remembers its cookie: its CONCLUSION may be late. */
  expire(key: string): void {
    const pending = this.#callers.get(key);
    if (pending === undefined) return;
    this.#expired.put(pending.predictedCookie, key);
    this.remove(key);
  }

  /** Removes a caller and closes its socket. Does nothing if there is none with this key. */
  remove(key: string): void {
    const pending = this.#callers.get(key);
    if (pending === undefined) return;
    this.#callers.delete(key);
    this.#keys.delete(pending.socket.descriptor);
    this.#issued.delete(pending.predictedCookie);
    pending.close();
  }
}
