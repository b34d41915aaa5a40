/**
 * Callers that may still send after the end of their session: their child died, their network failed, or the SHUTDOWN was lost.
 *
 * Packets of such a session are answered with a SHUTDOWN, at most one in 100 ms, because an encoder may continue to send until it
 * gets one: RootEncoder (Android apps) has no timeout of its own.
 *
 * @module
 */

import { BoundedMap } from "../admission/bounded_map.ts";
import { HEADER_BYTES } from "../packet/header.ts";
import { peekDestination } from "../packet/peek_handshake.ts";
import { encodeShutdown } from "../packet/reply.ts";
import type { RefusedCaller } from "./refusal.ts";

/** A session that has ended. */
export interface EndedSession extends RefusedCaller {
  readonly callerSocketId: number;
  /** What the caller's packets are addressed to: libsrt's socket ID of the connection. Null if it is not known. */
  readonly socketId: number | null;
}

/** The answer to a packet of a session that has ended. */
export interface ShutdownAnswer {
  readonly shutdown: Uint8Array<ArrayBuffer>;
  readonly session: EndedSession;
  /** How many SHUTDOWNs were sent to the caller, this one included. */
  readonly times: number;
}

/** Our choice: sessions that are remembered, more than most machines record in a day. */
const SESSIONS = 4096;
/** Our choice: how long a session is found by address and port alone. Later, another program may have that port. */
const BY_PORT_MS = 60_000;
/** Our choice: the pause between two SHUTDOWNs to one caller. */
const PAUSE_MS = 100;
/** Our choice, about 5 s of payload: a caller that gets this many ignores them. */
export const IGNORED_SHUTDOWNS = 50;

interface Entry {
  readonly session: EndedSession;
  readonly sinceMs: number;
  times: number;
  answeredMs: number;
}

/** Remembers the newest sessions that have ended. Times are arguments, in ms of a monotonic clock. */
export class EndedCallers {
  readonly #bySocketId = new BoundedMap<number, Entry>(SESSIONS);
  readonly #byPort = new BoundedMap<string, Entry>(SESSIONS);

  /**
   * Reports whether a packet may belong to a session that has ended. Allocates next to nothing, because it runs for every packet
   * that is not a handshake.
   */
  mayKnow(datagram: Uint8Array, nowMs: number): boolean {
    if (datagram.length < HEADER_BYTES) return false;
    if (this.#bySocketId.has(peekDestination(datagram))) return true;
    for (const [callerKey, { sinceMs }] of this.#byPort) { // oldest first, as remembered
      if (nowMs - sinceMs < BY_PORT_MS) return true;
      this.#byPort.delete(callerKey);
    }
    return false;
  }

  /**
   * Remembers a session that has ended. `callerKey`: address and port of its caller. `times`: SHUTDOWNs that were sent to it.
   */
  remember(
    callerKey: string,
    session: EndedSession,
    { nowMs, times = 0 }: { readonly nowMs: number; readonly times?: number },
  ): void {
    const entry = { session, sinceMs: nowMs, times, answeredMs: times === 0 ? -Infinity : nowMs };
    if (session.socketId === null) this.#byPort.put(callerKey, entry);
    else this.#bySocketId.put(session.socketId >>> 0, entry);
  }

  /** Answers a packet. Returns null if its session is not remembered, or if its caller has just got a SHUTDOWN. */
  answer(datagram: Uint8Array, callerKey: string, nowMs: number): ShutdownAnswer | null {
    const entry = this.#bySocketId.get(peekDestination(datagram)) ?? this.#byPort.get(callerKey);
    if (entry === undefined || nowMs - entry.answeredMs < PAUSE_MS) return null;
    if (entry.session.socketId === null && nowMs - entry.sinceMs >= BY_PORT_MS) return null;
    entry.times += 1;
    entry.answeredMs = nowMs;
    return {
      shutdown: encodeShutdown(entry.session.callerSocketId),
      session: entry.session,
      times: entry.times,
    };
  }

  /** Forgets a session that is found by address and port only, because its caller calls again from there. */
  forget(callerKey: string): void {
    this.#byPort.delete(callerKey);
  }
}
