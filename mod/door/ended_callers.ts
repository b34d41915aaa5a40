/**
 * Callers whose session ended without a SHUTDOWN that reached them: their child died, or their network failed.
 *
 * For a minute, each packet of such a caller is answered with a SHUTDOWN, because an encoder may go on sending until it gets one.
 *
 * @module
 */

import { encodeShutdown } from "../packet/reply.ts";

/**
 * Our choice: an outage of mobile networks. libsrt itself gives up a silent peer after 5 s (`SRTO_PEERIDLETIMEO`), but RootEncoder
 * (Android apps) sends until it receives a SHUTDOWN.
 */
const REMEMBERED_MS = 60_000;
/** Our choice: more sessions than a machine runs. */
const CALLERS = 1000;

/** Remembers them. Takes its clock as an argument: ms that never go back. */
export class EndedCallers {
  readonly #notices = new Map<string, { readonly notice: Uint8Array<ArrayBuffer>; readonly untilMs: number }>();

  /** Reports whether no caller is remembered. */
  isEmpty(nowMs: number): boolean {
    for (const [callerKey, { untilMs }] of this.#notices) { // oldest first, as remembered
      if (nowMs < untilMs) return false;
      this.#notices.delete(callerKey);
    }
    return true;
  }

  /** Remembers a caller and returns the SHUTDOWN to send now. */
  remember(callerKey: string, callerSocketId: number, nowMs: number): Uint8Array<ArrayBuffer> {
    const notice = encodeShutdown(callerSocketId);
    this.#notices.delete(callerKey);
    const [oldest] = this.#notices.keys();
    if (this.#notices.size >= CALLERS && oldest !== undefined) this.#notices.delete(oldest);
    this.#notices.set(callerKey, { notice, untilMs: nowMs + REMEMBERED_MS });
    return notice;
  }

  /** Returns the SHUTDOWN for a caller that still sends, or null if it is not remembered. */
  noticeFor(callerKey: string, nowMs: number): Uint8Array<ArrayBuffer> | null {
    const entry = this.#notices.get(callerKey);
    if (entry === undefined) return null;
    if (nowMs < entry.untilMs) return entry.notice;
    this.#notices.delete(callerKey);
    return null;
  }

  /** Forgets a caller, because it calls again. */
  forget(callerKey: string): void {
    this.#notices.delete(callerKey);
  }
}
