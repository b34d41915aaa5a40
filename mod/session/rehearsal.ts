/**
 * The rehearsal of a spare: a session on loopback whose caller never calls. The first use of each function takes about 0.1 ms,
 * and after a rehearsal no caller waits for that.
 *
 * @module
 */

import { parseTicket, type Ticket } from "../handoff/contract.ts";
import type { Libc } from "../os/libc.ts";
import { openLoopbackPair } from "../os/loopback_pair.ts";
import type { Libsrt } from "../srt/library.ts";
import { runSession } from "./run_session.ts";
import { openPayloadAnalysis } from "./payload_analysis.ts";

/** The ticket of a caller that never calls. */
const TICKET: Omit<Ticket, "caller" | "local"> = {
  session: "rehearsal",
  spare: true,
  callerSocketId: 0,
  callerStreamId: null,
  callerLatencyMs: 0,
  concludedMs: 0,
  initialSequence: 0,
  srtVersion: "",
  stream: null,
  streamId: null,
  encrypted: false,
  keyLength: 0,
  latencyMs: null,
  passphrase: null,
  sink: { kind: "none" },
  outputs: null,
  analyze: true,
  statsIntervalMs: null,
  idleMs: 0,
  srt: {},
  acceptTimeoutMs: 1,
};

/** Runs a session up to the point at which its caller would be accepted, and loads the modules that record. */
export async function rehearse(libsrt: Libsrt, libc: Libc): Promise<void> {
  await import("./record_session.ts");
  const { near, far, nearAddress, farAddress } = openLoopbackPair(libc);
  using _far = far;
  const ticket = parseTicket(JSON.stringify({ ...TICKET, caller: farAddress, local: nearAddress }));
  await openPayloadAnalysis(ticket);
  const { signal } = new AbortController();
  await runSession(ticket, near.release(), {
    libsrt,
    libc,
    stdout: null,
    emit: () => {},
    onAccepted: () => {},
    warn: () => {},
    readOrders: () => {},
    stop: signal,
    orphaned: signal,
  });
  clearInterval(setInterval(() => {}, 0)); // the first timer of a process takes 8 ms
}
