/**
 * Callers whose child died: they are told with the SHUTDOWN that the child could not send any more.
 *
 * The first notice can be lost, and a live encoder goes on sending; so packets that still come from such a caller are answered
 * with the same notice for a few seconds.
 *
 * @module
 */

import { encodeShutdown } from "../packet/reply.ts";

/** Our choice: libsrt itself gives a silent peer 5 s (`SRTO_PEERIDLETIMEO`). */
const REMEMBERED_MS = 6000;
/** Our choice: more sessions than a machine runs. */
const CALLERS = 1000;

/** Remembers callers of dead children. Takes its clock as an argument. */
export class Farewells {
  readonly #notices = new Map<string, { readonly notice: Uint8Array<ArrayBuffer>; readonly untilMs: number }>();

  /** Whether nobody has to be told anything. */
  isEmpty(nowMs: number): boolean {
    for (const [callerKey, { untilMs }] of this.#notices) { // oldest first, as remembered
      if (nowMs < untilMs) return false;
      this.#notices.delete(callerKey);
    }
    return true;
  }

  /** Remembers a caller and returns the notice that it is to be sent now. */
  remember(callerKey: string, callerSocketId: number, nowMs: number): Uint8Array<ArrayBuffer> {
    const notice = encodeShutdown(callerSocketId);
    this.#notices.delete(callerKey);
    const [oldest] = this.#notices.keys();
    if (this.#notices.size >= CALLERS && oldest !== undefined) this.#notices.delete(oldest);
    this.#notices.set(callerKey, { notice, untilMs: nowMs + REMEMBERED_MS });
    return notice;
  }

  /** The notice for a caller that still sends, or null where it is none of these. */
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
