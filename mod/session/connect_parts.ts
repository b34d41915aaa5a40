/**
 * What is the same whether a session accepts its caller or calls a listener.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { InheritedSocket } from "../os/inherited_socket.ts";
import type { Connection } from "../srt/connection.ts";
import type { Libsrt } from "../srt/library.ts";
import { silenceMsOf } from "../srt/session_option.ts";

/**
 * How long libsrt itself waits for a silent caller, beyond the latency and the time after which this program notices silence:
 * libsrt must not end the connection while payload is still becoming due.
 */
const PEER_IDLE_MARGIN_MS = 10_000;

/** What connecting needs. */
export interface ConnectParts {
  readonly libsrt: Libsrt;
  readonly socket: InheritedSocket;
  readonly emit: (message: ChildMessage) => void;
  /** Handles the orders that have arrived, which may abort the signal. */
  readonly readOrders: () => void;
  /** Aborted if the session must not begin any more. */
  readonly signal: AbortSignal;
}

/** A connection, and the ticket, completed with what is now known of the other side. */
export interface Connected {
  readonly connection: Connection;
  readonly ticket: Ticket;
}

/** There is no connection: the reason of a rejection, as libsrt's API numbers it, or null if the attempt took too long or was aborted. */
export type Unconnected = { readonly reason: number; readonly text: string } | { readonly reason: null };

/** Returns how long libsrt waits for a silent peer, in ms. */
export function peerIdleTimeoutMs({ latencyMs, callerLatencyMs, srt }: Ticket): number {
  return Math.max(latencyMs ?? 0, callerLatencyMs) + silenceMsOf(srt) + PEER_IDLE_MARGIN_MS;
}
