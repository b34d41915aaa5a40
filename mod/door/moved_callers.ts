/**
 * Recognizes callers whose UDP port has changed during their session, for example at the NAT of a mobile network. Their packets
 * arrive at the listening socket instead of the session's.
 *
 * @module
 */

import { HEADER_BYTES } from "../packet/header.ts";
import { peekDestination } from "../packet/peek_handshake.ts";
import { encodeShutdown } from "../packet/reply.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** A session whose caller may move. */
export interface FollowedSession {
  readonly caller: Endpoint;
  readonly callerSocketId: number;
  /** Called once, when the caller's packets arrive from another port of the same address. */
  readonly onMoved: () => void;
}

/** Follows the sessions of a listener. */
export class MovedCallers {
  readonly #sessions = new Map<number, { readonly session: FollowedSession; moved: boolean }>();

  /** Follows a session. `socketId`: destination of its caller's packets, which no other host can know. */
  follow(socketId: number, session: FollowedSession): void {
    this.#sessions.set(socketId, { session, moved: false });
  }

  /** Stops following a session that has ended. */
  forget(socketId: number): void {
    this.#sessions.delete(socketId);
  }

  /** Reports whether a packet is addressed to a session. Allocates nothing, because it runs for all strangers' packets. */
  isFollowed(datagram: Uint8Array): boolean {
    return this.#sessions.size > 0 && datagram.length >= HEADER_BYTES && this.#sessions.has(peekDestination(datagram));
  }

  /**
   * Returns the SHUTDOWN for a caller that has moved, so that it calls again at once; null if the packet is not from such a
   * caller. Calls `onMoved` at the first packet.
   */
  shutdownFor(datagram: Uint8Array, from: Endpoint): Uint8Array<ArrayBuffer> | null {
    const followed = this.#sessions.get(peekDestination(datagram));
    if (followed === undefined) return null;
    const { caller, callerSocketId, onMoved } = followed.session;
    if (caller.address !== from.address || caller.port === from.port) return null;
    if (!followed.moved) onMoved();
    followed.moved = true;
    return encodeShutdown(callerSocketId);
  }
}
