/**
 * Runs a child's one session, from the caller socket to the exit code: filter, listen, accept, record, report. The
 * modules that record are loaded after the caller is accepted, so that it does not wait for them.
 *
 * @module
 */

import { CHILD_EXIT, type Ticket } from "../handoff/contract.ts";
import type { NotAcceptedCause } from "../handoff/child_message.ts";
import { InheritedSocket } from "../os/inherited_socket.ts";
import type { AbstractListener } from "../os/abstract_socket.ts";
import type { Libc } from "../os/libc.ts";
import { readUdpOverflows } from "../os/udp_overflows.ts";
import { decodeLossless } from "../packet/lossless_text.ts";
import { readSentRejection } from "../packet/reply.ts";
import { SrtError } from "../srt/error.ts";
import type { Libsrt } from "../srt/library.ts";
import { acquireListener, REJECTED_REASON } from "../srt/listener.ts";
import { FIRST_FILTER, silenceMsOf } from "./caller_monitor.ts";
import { REPLACED } from "./end.ts";
import { type TurnDependencies, waitForTurn } from "./wait_for_turn.ts";

/**
 * How long libsrt itself waits for a silent caller, beyond the latency and the time after which this program notices silence:
 * libsrt must not end the connection while payload is still becoming due.
 */
const PEER_IDLE_MARGIN_MS = 10_000;

/**
 * If a call is rejected within this time after another one with the same stream ID, it is a repeat. A caller that waits for the
 * process to start repeats its CONCLUSION every 250 ms. libsrt then reads all repeats one after the other, but each may have to
 * wait for this thread. Our choice: less than the time after which a rejected caller usually tries again.
 */
const REPEAT_MS = 400;

/** How long this thread may take to judge a call that libsrt is handling. Our choice: it usually takes 1 ms. */
const ANSWER_MS = 20;

/** What a session needs from its process. */
export interface SessionDependencies extends Omit<TurnDependencies, "now" | "readOrders"> {
  readonly libsrt: Libsrt;
  readonly libc: Libc;
  /** The listener's stdout if the payload goes there, otherwise null. */
  readonly stdout: number | null;
  /** Called once the caller is accepted. */
  readonly onAccepted: () => void;
  /** Reports a condition that does not end the session. Never throws. */
  readonly warn: (text: string) => void;
  /**
   * Handles the orders that have arrived, which may abort a signal. Called in each round. `onCut` is called for an order to begin a
   * new file; without it, the answer is that the recording is complete. Never throws.
   */
  readonly readOrders: (onCut?: () => void) => void;
  /** Listens for programs that read the payload of the session while it arrives; null if that is not possible. Called once. */
  readonly listen: () => AbstractListener | null;
}

/**
 * Runs the session and returns the exit code of its process.
 *
 * @param descriptor The connected caller socket; libsrt owns it from here on.
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
    const { callerSocketId, encrypted } = ticket;
    socket.filter({ socketId: null, callerSocketId, encrypted, ...FIRST_FILTER });
    socket.startCopies(); // copies of answers to the caller: they show why libsrt rejected it
    let reason: number | null = null;
    const isRejected = () => (reason ??= readRejection(socket, ticket)) !== null;
    const onCall = judgeCalls(ticket, { emit, isRejected });
    const countedBefore = { drops: socket.queue().drops, overflows: overflows() };
    using listener = socket.handOver(
      ticket.local,
      (standIn) => acquireListener(libsrt, standIn, { ...listenerOptions(ticket), onCall }),
    );
    let isReady = false;
    const reportReady = () => { // in a spare, libsrt answers the caller first, because that is more urgent
      if (!isReady) emit({ event: "ready" });
      isReady = true;
    };
    if (!ticket.spare) reportReady(); // until this report, the listener may keep other callers waiting
    const signal = AbortSignal.any([stop, orphaned]);
    using connection = await listener.accept({
      timeoutMs: ticket.acceptTimeoutMs,
      signal,
      beforeNextWait: () => {
        reportReady();
        readOrders();
      },
      isRejected,
    });
    reportReady();
    if (connection === null) await endCalls(socket, ticket);
    if (reason !== null) {
      emit({ event: "not-accepted", cause: "rejected", text: `libsrt rejected it with reason ${reason}`, reason });
      return CHILD_EXIT.notAccepted;
    }
    if (connection !== null) {
      // a SHUTDOWN for another connection no longer counts
      socket.filter({ socketId: connection.socketId, callerSocketId, encrypted, ...FIRST_FILTER });
      emit({ event: "accepted", socketId: connection.socketId });
      onAccepted();
      socket.stopCopies();
      await waitForTurn(connection, { ...dependencies, now: () => performance.now() });
      const { recordSession } = await import("./record_session.ts");
      return await recordSession(connection, ticket, { ...dependencies, socket, countedBefore, overflows });
    }
  } catch (error) {
    if (!(error instanceof SrtError)) throw error;
    return notAccepted(error.isLackOfResources ? "resources" : "connection", error.message);
  }
  if (stop.reason === REPLACED) return notAccepted("replaced", "asked to make room");
  if (stop.aborted || orphaned.aborted) return notAccepted("stopped", "asked to stop");
  return notAccepted("timeout", `libsrt did not accept it within ${ticket.acceptTimeoutMs / 1000} s`);
}

/**
 * Gives libsrt time to finish a call before its listener is closed: closing waits for libsrt's thread, which may wait for this
 * thread to judge the call. No new call can arrive, and {@linkcode ANSWER_MS} is long enough to judge one that has arrived.
 */
async function endCalls(socket: InheritedSocket, { local }: Ticket): Promise<void> {
  socket.detach(local);
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
}

/** Returns the reason that libsrt has given the caller, or null if it has not rejected it. */
function readRejection(socket: InheritedSocket, { callerSocketId }: Ticket): number | null {
  for (const copy of socket.takeCopies()) {
    const reason = readSentRejection(copy, callerSocketId);
    // with this reason `judgeCalls` rejects a call that has the same socket ID and another stream ID
    if (reason !== null && reason !== REJECTED_REASON) return reason;
  }
  return null;
}

function listenerOptions({ latencyMs, callerLatencyMs, passphrase, keyLength, srt }: Ticket) {
  const inForceMs = Math.max(latencyMs ?? 0, callerLatencyMs);
  const peerIdleTimeoutMs = inForceMs + silenceMsOf(srt) + PEER_IDLE_MARGIN_MS;
  return { latencyMs, callerLatencyMs, passphrase, keyLength, peerIdleTimeoutMs, options: srt };
}

/**
 * Accepts a call with the stream ID of the ticket once, and again if libsrt has rejected the caller and it repeats its call.
 * Rejects every other call that reaches libsrt's listener: several SRT callers may share one UDP port.
 */
function judgeCalls(
  ticket: Ticket,
  { emit, isRejected }: Pick<SessionDependencies, "emit"> & { readonly isRejected: () => boolean },
): (streamId: Uint8Array) => boolean {
  let accepted = false;
  let rejected: { readonly streamId: string | null; readonly ms: number } | null = null;
  return (bytes) => {
    const streamId = decodeLossless(bytes) || null;
    if (streamId === ticket.callerStreamId && (!accepted || isRejected())) {
      accepted = true;
      return true;
    }
    const nowMs = performance.now();
    const isRepeat = rejected?.streamId === streamId && nowMs - rejected.ms < REPEAT_MS;
    rejected = { streamId, ms: nowMs };
    if (isRepeat) return false;
    emit({ event: "stranger", streamId });
    return false;
  };
}
