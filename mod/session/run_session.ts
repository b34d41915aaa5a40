/**
 * Runs a child's one session, from its socket to the exit code: filter, connect, record, report. The modules that record are loaded
 * after the caller is accepted, so that it does not wait for them.
 *
 * @module
 */

import { CHILD_EXIT, ORDER_REPLACE, type Ticket } from "../handoff/contract.ts";
import type { NotAcceptedCause } from "../handoff/child_message.ts";
import { InheritedSocket } from "../os/inherited_socket.ts";
import type { AbstractListener } from "../os/abstract_socket.ts";
import type { Libc } from "../os/libc.ts";
import { readUdpOverflows } from "../os/udp_overflows.ts";
import { SrtError } from "../srt/error.ts";
import type { Libsrt } from "../srt/library.ts";
import { acceptCaller } from "./accept_caller.ts";
import { CALLING_FILTER, FIRST_FILTER } from "./call_filters.ts";
import type { Connected, ConnectParts, Unconnected } from "./connect_parts.ts";
import { keptPackets, type TurnDependencies, waitForTurn } from "./wait_for_turn.ts";

/** What a session needs from its process. */
export interface SessionDependencies extends Omit<TurnDependencies, "now" | "readOrders" | "maxPackets"> {
  readonly libsrt: Libsrt;
  readonly libc: Libc;
  /** The listener's stdout if the payload goes there, otherwise null. */
  readonly stdout: number | null;
  /** Called once the caller is accepted. */
  readonly onAccepted: () => void;
  /** Reports a condition that does not end the session. Never throws. */
  readonly warn: (text: string) => void;
  /**
   * Handles the orders that have arrived, which may abort a signal. Called again and again while the session connects, waits and
   * records. Calls `onCut` for an order to begin a new file; without it, answers that the recording is complete. Never throws.
   */
  readonly readOrders: (onCut?: () => void) => void;
  /** Listens for programs that read the payload of the session while it arrives; null if that is not possible. Called once. */
  readonly listen: () => AbstractListener | null;
}

/**
 * Runs the session and returns the exit code of its process.
 *
 * @param descriptor The connected socket; libsrt owns it from here on.
 */
export async function runSession(
  ticket: Ticket,
  descriptor: number,
  dependencies: SessionDependencies,
): Promise<number> {
  const { libsrt, libc, emit, onAccepted, readOrders, stop, orphaned } = dependencies;
  function notAccepted(cause: NotAcceptedCause, text: string): number {
    emit({ event: "not-accepted", cause, text });
    return CHILD_EXIT.notAccepted;
  }
  const socket = new InheritedSocket(libc, descriptor);
  const overflows = () => readUdpOverflows(libc, ticket.local);
  try {
    const { callerSocketId, encrypted, call } = ticket;
    const filter = call === null ? FIRST_FILTER : CALLING_FILTER;
    socket.filter({ socketId: null, callerSocketId, encrypted, ...filter });
    const countedBefore = { drops: socket.queue().drops, overflows: overflows() };
    using opened = new DisposableStack();
    const signal = AbortSignal.any([stop, orphaned]);
    const connected = await connect(ticket, { libc, libsrt, socket, emit, readOrders, signal, opened });
    if ("connection" in connected) {
      const connection = opened.use(connected.connection);
      emit({ event: "accepted", socketId: connection.socketId });
      onAccepted();
      await waitForTurn(connection, {
        ...dependencies,
        now: () => performance.now(),
        maxPackets: keptPackets(ticket.srt),
      });
      const { recordSession } = await import("./record_session.ts");
      return await recordSession(connection, connected.ticket, { ...dependencies, socket, countedBefore, overflows });
    }
    if (connected.reason !== null) {
      const { reason, text } = connected;
      emit({ event: "not-accepted", cause: "rejected", text, reason });
      return CHILD_EXIT.notAccepted;
    }
  } catch (error) {
    if (!(error instanceof SrtError)) throw error;
    return notAccepted(error.isLackOfResources ? "resources" : "connection", error.message);
  }
  if (stop.reason === ORDER_REPLACE) return notAccepted("replaced", "asked to make room");
  if (stop.aborted || orphaned.aborted) return notAccepted("stopped", "asked to stop");
  return notAccepted("timeout", `libsrt did not accept it within ${ticket.acceptTimeoutMs / 1000} s`);
}

/** Accepts the caller, or calls the listener. */
async function connect(
  ticket: Ticket,
  { opened, ...parts }: ConnectParts & { readonly libc: Libc; readonly opened: DisposableStack },
): Promise<Connected | Unconnected> {
  const { call } = ticket;
  if (call === null) return await acceptCaller(ticket, parts, (listener) => opened.use(listener));
  const { callListener } = await import("./call_listener.ts");
  return await callListener({ ...ticket, call }, parts);
}
