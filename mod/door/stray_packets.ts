/**
 * Packets at a listening socket that are not handshakes. They are dropped, unless their caller must call again: because its
 * session has ended, its port has changed, or it was never accepted.
 *
 * @module
 */

import type { CallAddresses } from "../os/caller_socket.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { encodeShutdown } from "../packet/reply.ts";
import type { Datagram } from "./datagram_sockets.ts";
import { EndedCallers, type EndedSession, IGNORED_SHUTDOWNS } from "./ended_callers.ts";
import { MistakenCallers } from "./mistaken_callers.ts";
import { type FollowedSession, MovedCallers } from "./moved_callers.ts";
import type { PendingCaller } from "./pending_caller.ts";
import { keyOf } from "./pending_callers.ts";
import { ignoredShutdownRefusal, mistakenCallerRefusal, type Refusal, type RefusedCaller } from "./refusal.ts";

/** What the answers to stray packets need from the door. */
export interface StrayPacketsOptions {
  readonly send: (datagram: Uint8Array<ArrayBuffer>, addresses: CallAddresses) => void;
  readonly onRefusal: (refusal: Refusal) => void;
  /** A monotonic clock, in ms. */
  readonly now: () => number;
}

/** Answers stray packets. */
export class StrayPackets {
  readonly #options: StrayPacketsOptions;
  readonly #moved = new MovedCallers();
  readonly #ended = new EndedCallers();
  /**
   * Callers that were asked for a secret cookie. Such a caller sends its packets to the socket ID that it has chosen for itself.
   * Another caller may have chosen the same one, so these callers are found by their address and port.
   */
  readonly #asked = new EndedCallers();
  /** Addresses of callers that cannot return a second cookie, and what their next call gets. */
  readonly mistaken = new MistakenCallers();

  constructor(options: StrayPacketsOptions) {
    this.#options = options;
  }

  /** Follows a session, to recognize its caller if its port changes. `socketId`: libsrt's socket ID of the connection. */
  follow(socketId: number, session: FollowedSession): void {
    this.#moved.follow(socketId, session);
  }

  /** Stops following a session that has ended. */
  unfollow(socketId: number): void {
    this.#moved.forget(socketId);
  }

  /** Remembers a session that has ended: further packets of its caller are answered with a SHUTDOWN. */
  remember(session: EndedSession): void {
    this.#ended.remember(keyOf(session.caller), session, { nowMs: this.#options.now() });
  }

  /** Remembers a caller that did not return the secret cookie in time, because it might still send payload. */
  rememberAsked(asked: RefusedCaller, { handshake: { socketId } }: Conclusion): void {
    this.#asked.remember(keyOf(asked.caller), withoutSession(asked, socketId), { nowMs: this.#options.now() });
  }

  /** Sends a SHUTDOWN to a caller that sent payload in place of a secret cookie, now and whenever it still sends. */
  answerMistaken(pending: PendingCaller, asked: RefusedCaller, { handshake: { socketId } }: Conclusion): void {
    const nowMs = this.#options.now();
    this.#asked.remember(keyOf(asked.caller), withoutSession(asked, socketId), { nowMs, times: 1 });
    pending.socket.send(encodeShutdown(socketId));
    this.expectNextCall(pending);
    this.#options.onRefusal(mistakenCallerRefusal(asked));
  }

  /** Remembers that a caller cannot return a second cookie: its next call is answered differently. */
  expectNextCall({ caller, proven }: PendingCaller): void {
    this.mistaken.remember(caller.address, proven ? "admit" : "ask", this.#options.now());
  }

  /** Forgets a caller that calls again from its address and port. */
  forget(callerKey: string): void {
    this.#ended.forget(callerKey);
    this.#asked.forget(callerKey);
  }

  /** Reports whether a packet may need an answer. Allocates next to nothing, because it runs for all strangers' packets. */
  isExpected(datagram: Uint8Array): boolean {
    const nowMs = this.#options.now();
    return this.#moved.isFollowed(datagram) || this.#ended.mayKnow(datagram, nowMs) ||
      this.#asked.mayKnow(datagram, nowMs);
  }

  /** Answers a packet, if its caller is known. */
  receive({ bytes, caller, local }: Datagram): void {
    const { send, onRefusal, now } = this.#options;
    const addresses = { caller, local };
    const shutdown = this.#moved.shutdownFor(bytes, caller);
    if (shutdown !== null) return send(shutdown, addresses);
    const nowMs = now();
    const ended = this.#ended.answer(bytes, keyOf(caller), nowMs);
    if (ended !== null) {
      send(ended.shutdown, addresses);
      if (ended.times === IGNORED_SHUTDOWNS) {
        onRefusal(ignoredShutdownRefusal({ ...ended.session, ...addresses }));
      }
      return;
    }
    const asked = this.#asked.answer(bytes, keyOf(caller), nowMs);
    if (asked === null) return;
    send(asked.shutdown, addresses);
    if (asked.times > 1) return;
    this.mistaken.remember(caller.address, "ask", nowMs);
    onRefusal(mistakenCallerRefusal({ ...asked.session, ...addresses }));
  }
}

/** Describes a caller that never had a session: it is recognized by its address and port. */
function withoutSession(asked: RefusedCaller, callerSocketId: number): EndedSession {
  return { ...asked, callerSocketId, socketId: null };
}
