/**
 * Lets libsrt listen on the caller socket of a session, and accepts the caller.
 *
 * @module
 */

import type { Ticket } from "../handoff/contract.ts";
import type { InheritedSocket } from "../os/inherited_socket.ts";
import { sleep } from "../os/timer.ts";
import { decodeLossless } from "../packet/lossless_text.ts";
import { readSentRejection } from "../packet/sent_rejection.ts";
import { type AcquiredListener, acquireListener, REJECTED_REASON } from "../srt/listener.ts";
import { type Connected, type ConnectParts, peerIdleTimeoutMs, type Unconnected } from "./connect_parts.ts";
import { FIRST_FILTER } from "./call_filters.ts";

/**
 * If a call is rejected within this time after another one with the same stream ID, it is a repeat. A caller that waits for the
 * process to start repeats its CONCLUSION every 250 ms. libsrt then reads all repeats one after the other, but each may have to
 * wait for this thread. Our choice: less than the time after which a rejected caller usually tries again.
 */
const REPEAT_MS = 400;

/** How long this thread may take to judge a call that libsrt is handling. Our choice: it usually takes 1 ms. */
const ANSWER_MS = 20;

/**
 * Accepts the caller. Copies of answers to it are kept meanwhile, because they show why libsrt rejected it.
 *
 * @param keep Gets libsrt's listener, which must stay open until the session has ended: the caller may not have its answer yet.
 * @throws {SrtError} libsrt failed.
 */
export async function acceptCaller(
  ticket: Ticket,
  { libsrt, socket, emit, readOrders, signal }: ConnectParts,
  keep: (listener: AcquiredListener) => void,
): Promise<Connected | Unconnected> {
  const { callerSocketId, encrypted } = ticket;
  socket.startCopies();
  let reason: number | null = null;
  const isRejected = () => (reason ??= readRejection(socket, ticket)) !== null;
  const onCall = judgeCalls(ticket, { emit, isRejected });
  const listener = socket.handOver(
    ticket.local,
    (standIn) => acquireListener(libsrt, standIn, { ...listenerOptions(ticket), onCall }),
  );
  keep(listener);
  let isReady = false;
  const reportReady = () => { // in a spare, libsrt answers the caller first, because that is more urgent
    if (!isReady) emit({ event: "ready" });
    isReady = true;
  };
  if (!ticket.spare) reportReady(); // until this report, the listener may keep other callers waiting
  const connection = await listener.accept({
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
  if (reason !== null) return { reason, text: `libsrt rejected it with reason ${reason}` };
  if (connection === null) return { reason: null };
  // a SHUTDOWN for another connection no longer counts
  socket.filter({ socketId: connection.socketId, callerSocketId, encrypted, ...FIRST_FILTER });
  socket.stopCopies();
  return { connection, ticket };
}

/**
 * Gives libsrt time to finish a call before its listener is closed: closing waits for libsrt's thread, which may wait for this
 * thread to judge the call. No new call can arrive, and {@linkcode ANSWER_MS} is long enough to judge one that has arrived.
 */
async function endCalls(socket: InheritedSocket, { local }: Ticket): Promise<void> {
  socket.detach(local);
  await sleep(ANSWER_MS);
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

function listenerOptions(ticket: Ticket) {
  const { latencyMs, callerLatencyMs, passphrase, keyLength, srt } = ticket;
  return {
    latencyMs,
    callerLatencyMs,
    passphrase,
    keyLength,
    peerIdleTimeoutMs: peerIdleTimeoutMs(ticket),
    options: srt,
  };
}

/**
 * Accepts a call with the stream ID of the ticket once, and again if libsrt has rejected the caller and it repeats its call.
 * Rejects every other call that reaches libsrt's listener: several SRT callers may share one UDP port.
 */
function judgeCalls(
  ticket: Ticket,
  { emit, isRejected }: Pick<ConnectParts, "emit"> & { readonly isRejected: () => boolean },
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
