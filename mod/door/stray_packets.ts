/**
 * Packets at a listening socket that are not handshakes: they are dropped, unless their caller has to learn that its session is
 * over, that its port has changed, or that it has none.
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
import { deafRefusal, mistakenRefusal, type Refusal, type RefusedCaller } from "./refusal.ts";

/** What it needs of the door. */
export interface StrayPacketsOptions {
  readonly send: (datagram: Uint8Array<ArrayBuffer>, addresses: CallAddresses) => void;
  readonly onRefusal: (refusal: Refusal) => void;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** Answers them. */
export class StrayPackets {
  readonly #options: StrayPacketsOptions;
  readonly #moved = new MovedCallers();
  readonly #ended = new EndedCallers();
  /** Callers that were asked for a secret cookie; their payload is addressed to their own socket ID, which others may have too. */
  readonly #silent = new EndedCallers();
  /** What the next calls of addresses get whose callers cannot return a secret cookie. */
  readonly mistaken = new MistakenCallers();

  constructor(options: StrayPacketsOptions) {
    this.#options = options;
  }

  /** Follows a session, to recognize its caller if its port changes. `socketId`: libsrt's socket ID of the connection. */
  follow(socketId: number, session: FollowedSession): void {
    this.#moved.follow(socketId, session);
  }

  /** Stops following a session, which is over. */
  unfollow(socketId: number): void {
    this.#moved.forget(socketId);
  }

  /** Answers whatever the caller of a session that is over still sends with a SHUTDOWN. */
  remember(session: EndedSession): void {
    this.#ended.remember(keyOf(session.caller), session, { nowMs: this.#options.now() });
  }

  /** Answers payload that a caller sends which was asked for a secret cookie. Its slot is over. */
  rememberAsked(asked: RefusedCaller, { handshake: { socketId } }: Conclusion): void {
    this.#silent.remember(keyOf(asked.caller), noSession(asked, socketId), { nowMs: this.#options.now() });
  }

  /** A caller that was asked for a secret cookie sends payload: it gets a SHUTDOWN, now and whenever it still sends. */
  recall(pending: PendingCaller, asked: RefusedCaller, { handshake: { socketId } }: Conclusion): void {
    const nowMs = this.#options.now();
    this.#silent.remember(keyOf(asked.caller), noSession(asked, socketId), { nowMs, times: 1 });
    pending.socket.send(encodeShutdown(socketId));
    this.expectNextCall(pending);
    this.#options.onRefusal(mistakenRefusal(asked));
  }

  /** A caller was asked for a secret cookie and cannot return it: its next call is answered differently. */
  expectNextCall({ caller, proven }: PendingCaller): void {
    this.mistaken.remember(caller.address, proven ? "admit" : "ask", this.#options.now());
  }

  /** Forgets what is known by the address and port of a caller, which calls again. */
  forget(callerKey: string): void {
    this.#ended.forget(callerKey);
    this.#silent.forget(callerKey);
  }

  /** Reports whether a packet may need an answer. It allocates nothing: the packets of strangers are dropped by it. */
  isExpected(datagram: Uint8Array): boolean {
    const nowMs = this.#options.now();
    return this.#moved.isFollowed(datagram) || this.#ended.mayKnow(datagram, nowMs) ||
      this.#silent.mayKnow(datagram, nowMs);
  }

  /** Answers a packet, if its caller is known. */
  receive({ bytes, caller, local }: Datagram): void {
    const { send, onRefusal, now } = this.#options;
    const addresses = { caller, local };
    const notice = this.#moved.noticeFor(bytes, caller);
    if (notice !== null) return send(notice, addresses);
    const nowMs = now();
    const farewell = this.#ended.answer(bytes, keyOf(caller), nowMs);
    if (farewell !== null) {
      send(farewell.shutdown, addresses);
      if (farewell.times === IGNORED_SHUTDOWNS) onRefusal(deafRefusal({ ...farewell.session, ...addresses }));
      return;
    }
    const recalled = this.#silent.answer(bytes, keyOf(caller), nowMs);
    if (recalled === null) return;
    send(recalled.shutdown, addresses);
    if (recalled.times > 1) return;
    this.mistaken.remember(caller.address, "ask", nowMs);
    onRefusal(mistakenRefusal({ ...recalled.session, ...addresses }));
  }
}

/** A session that has no socket ID on this side: its caller is known by its address and port. */
function noSession(asked: RefusedCaller, callerSocketId: number): EndedSession {
  return { ...asked, callerSocketId, socketId: null };
}
