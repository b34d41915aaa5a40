/**
 * Calls the listener that the socket of a session is connected to.
 *
 * @module
 */

import type { CallTicket, Ticket } from "../handoff/contract.ts";
import type { Libc } from "../os/libc.ts";
import { encodeSocketAddress } from "../os/socket_address.ts";
import { AcquiredCaller } from "../srt/acquired_caller.ts";
import { CallRefusedError } from "../srt/connect.ts";
import { FIRST_FILTER } from "./call_filters.ts";
import { type Connected, type ConnectParts, peerIdleTimeoutMs, type Unconnected } from "./connect_parts.ts";

/**
 * Calls the listener. Once the listener has answered, the filter of the socket drops its SHUTDOWN, so that libsrt still delivers
 * what is not due yet. The session detects the SHUTDOWN by the kernel's count of dropped datagrams, as that of a caller
 * (`caller_monitor.ts`).
 *
 * @throws {SrtError} libsrt failed.
 */
export async function callListener(
  ticket: Ticket & { readonly call: CallTicket },
  { libc, libsrt, socket, emit, readOrders, signal }: ConnectParts & { readonly libc: Libc },
): Promise<Connected | Unconnected> {
  const { call: { streamId, keyLength }, latencyMs, passphrase, srt, acceptTimeoutMs } = ticket;
  const caller = socket.handOver(ticket.local, (standIn) =>
    AcquiredCaller.acquire(libsrt, standIn, {
      streamId,
      keyLength,
      latencyMs,
      passphrase,
      peerIdleTimeoutMs: peerIdleTimeoutMs(ticket),
      connectTimeoutMs: acceptTimeoutMs,
      options: srt,
    }));
  emit({ event: "ready" });
  try {
    const connected = await caller.call(encodeSocketAddress(libc, ticket.caller), () => {
      readOrders();
      return signal.aborted;
    });
    if (connected === null) return { reason: null };
    const { connection, ...known } = connected;
    const { encrypted, callerSocketId } = ticket;
    socket.filter({ socketId: connection.socketId, callerSocketId, encrypted, ...FIRST_FILTER });
    return { connection, ticket: { ...ticket, ...known, srtVersion: connection.peerVersion, concludedMs: Date.now() } };
  } catch (error) {
    if (!(error instanceof CallRefusedError)) throw error;
    return { reason: error.reason, text: `the listener refused the call with reason ${error.reason}` };
  }
}
