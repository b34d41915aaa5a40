/**
 * Whether a session has to end although its connection stands: its caller sends nothing, or has started again.
 *
 * @module
 */

import type { End } from "./explain_failure.ts";
import { ReturnWatch, type WatchedSocket } from "./return_watch.ts";

/** libsrt ends a connection whose peer sends nothing with the right socket ID for 5 s (`SRTO_PEERIDLETIMEO`). */
const HEARD_MS = 6000;

/** What the watch is told. */
export interface LeaveWatchOptions {
  /** The caller is let go when it sends nothing for so long, in ms; 0: never. */
  readonly idleMs: number;
  readonly socket: WatchedSocket;
  /** The first payload came, or the caller is still heard. */
  readonly onProven: () => void;
  /** The caller has started again: its next datagram must not come to this session. */
  readonly onReturn: () => void;
}

/** Watches one session. */
export class LeaveWatch {
  readonly #options: LeaveWatchOptions;
  readonly #returns: ReturnWatch;
  readonly #startMs: number;
  #payloadMs: number;
  #payloadBytes = 0;
  #proven = false;

  /** @param nowMs As of the same clock as in {@linkcode LeaveWatch.look}. */
  constructor(options: LeaveWatchOptions, nowMs: number) {
    this.#options = options;
    this.#returns = new ReturnWatch(options.socket);
    this.#startMs = nowMs;
    this.#payloadMs = nowMs;
  }

  /**
   * Looks, and says why it has to end, or null.
   *
   * @param nowMs A clock that never goes back.
   * @param wallMs Ms since the epoch.
   * @param bytes Payload so far.
   */
  look(
    { nowMs, wallMs, bytes }: { readonly nowMs: number; readonly wallMs: number; readonly bytes: number },
  ): End | null {
    const { idleMs, onProven, onReturn } = this.#options;
    if (!this.#proven && (bytes > 0 || nowMs - this.#startMs >= HEARD_MS)) {
      this.#proven = true;
      onProven();
    }
    if (bytes !== this.#payloadBytes) {
      this.#payloadBytes = bytes;
      this.#payloadMs = nowMs;
    } else if (idleMs > 0 && nowMs - this.#payloadMs >= idleMs) {
      const text = `the caller was connected and sent nothing for ${idleMs / 1000} s (--idle): look at its encoder`;
      return { reason: "idle", text };
    }
    if (!this.#returns.look(wallMs)) return null;
    onReturn();
    return { reason: "replaced", text: "the same caller called again from the same port" };
  }
}
