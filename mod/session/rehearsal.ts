/**
 * The rehearsal of a spare (a child that was started before its caller has called): a session on loopback with a caller of its own.
 * The first use of each function takes about 0.1 ms, and after a rehearsal neither a caller nor its payload waits for that.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import { parseTicket, type Ticket } from "../handoff/contract.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { type LoopbackPair, openLoopbackPair } from "../os/loopback_pair.ts";
import type { Libsrt } from "../srt/library.ts";
import { conclude, REHEARSED, REHEARSED_BYTES, sendPackets } from "./rehearsed_caller.ts";
import { runSession } from "./run_session.ts";

const TICKET: Omit<Ticket, "caller" | "local"> = {
  session: "rehearsal",
  control: "",
  spare: true,
  call: null,
  ...REHEARSED,
  callerStreamId: null,
  callerLatencyMs: 0,
  concludedMs: 0,
  srtVersion: "",
  stream: null,
  streamId: null,
  encrypted: false,
  keyLength: 0,
  latencyMs: 0,
  passphrase: null,
  sink: { kind: "none" },
  outputs: null,
  analyze: true,
  statsIntervalMs: 0,
  idleMs: 0,
  srt: {},
  acceptTimeoutMs: 500,
};

/** Our choice: how many reports of statistics are waited for, at most, until all packets are received. */
const MAX_REPORTS = 8;

/**
 * Runs a session from the hand-off to its end.
 *
 * @returns Why it did not run to its end, or null
 */
export async function rehearse(libsrt: Libsrt, libc: Libc): Promise<string | null> {
  await import("./record_session.ts");
  let pair: LoopbackPair;
  try {
    pair = openLoopbackPair(libc);
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    return error.message;
  }
  const { near, far, nearAddress, farAddress } = pair;
  using _far = far;
  const ticket = parseTicket(JSON.stringify({ ...TICKET, caller: farAddress, local: nearAddress }));
  let problem: string | null = null;
  let connection = 0;
  let reports = 0;

  function emit(message: ChildMessage): void {
    JSON.stringify(message);
    if (message.event === "not-accepted") problem = message.text;
    if (message.event === "accepted") {
      connection = message.socketId;
      sendPackets(far, connection);
    }
    if (message.event !== "stats") return;
    reports += 1;
    // as if libsrt had closed a broken connection: the session ends without waiting for more
    if (message.bytes >= REHEARSED_BYTES || reports === MAX_REPORTS) libsrt.symbols.srt_close(connection);
  }

  conclude(far, farAddress);
  const { signal } = new AbortController();
  await runSession(ticket, near.release(), {
    libsrt,
    libc,
    stdout: null,
    emit,
    onAccepted: () => {},
    warn: () => {},
    readOrders: () => {},
    listen: () => null,
    isDelayed: () => false,
    nextOrder: () => Promise.resolve(),
    stop: signal,
    orphaned: signal,
  });
  return problem;
}
