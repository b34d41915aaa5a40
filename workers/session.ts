/**
 * The child: one caller's session in a process of its own.
 *
 * Its only link to a listener is the control channel (the contract: mod/handoff/contract.ts).
 *
 * @module
 */

import { Channel, type Received } from "../mod/handoff/channel.ts";
import {
  CHILD_EXIT,
  ORDER_CUT,
  ORDER_RECORD,
  ORDER_WAIT,
  type OutputsTicket,
  parseTicket,
  STOP_ORDERS,
} from "../mod/handoff/contract.ts";
import type { ChildMessage } from "../mod/handoff/child_message.ts";
import { Link } from "../mod/handoff/link.ts";
import { type Libc, openLibc, toCString } from "../mod/os/libc.ts";
import { MessageSocket } from "../mod/os/message_socket.ts";
import { protectMemory, setProcessName } from "../mod/os/own_process.ts";
import { sleep } from "../mod/os/timer.ts";
import { runSession } from "../mod/session/run_session.ts";
import { SrtError } from "../mod/srt/error.ts";
import { LibraryError, type Libsrt, loadLibsrt } from "../mod/srt/library.ts";
import type { RoleProcess } from "./process.ts";

/** Time between two attempts to receive the outputs, in ms. */
const OUTPUTS_MS = 2;

/** Runs the child and returns its exit code. `args`: the role, the channel's descriptor, and the libsrt to load. */
export async function runChild(
  [, descriptor, libsrtFile = ""]: readonly string[],
  process: RoleProcess,
): Promise<number> {
  const libc = openLibc();
  protectMemory(libc); // before the ticket, which has the passphrase
  setProcessName(libc, "srt-splitter");
  const link = new Link(libc, new Channel(new MessageSocket(libc, Number(descriptor))));
  const emit = (message: ChildMessage) => link.send(message);
  const code = await runSessionRole(libsrtFile, { libc, link, emit, process });
  await link.flushed();
  return code;
}

/** What a child has before it has a session. */
interface Common {
  readonly libc: Libc;
  readonly link: Link;
  readonly emit: (message: ChildMessage) => void;
}

async function runSessionRole(
  libsrtFile: string,
  { libc, link, emit, process }: Common & { readonly process: RoleProcess },
): Promise<number> {
  try {
    using libsrt = loadLibsrt(libsrtFile);
    const { channel } = link;
    const { descriptor, ...received } = await receiveTicket(libsrt, { libc, link, emit });
    if (received.kind !== "message" || descriptor === null) return CHILD_EXIT.notAccepted; // the listener went away first
    const stop = new AbortController();
    const orphaned = new AbortController();
    const recording = { isDelayed: false };
    const ticket = parseTicket(received.text);
    const stdout = ticket.sink.kind === "stdout" ? channel.receiveWithDescriptor({ wait: true }).descriptor : null;
    const outputs = ticket.hasOutputs ? await receiveOutputs(channel) : null;
    if (ticket.hasOutputs && outputs === null) return CHILD_EXIT.notAccepted; // the listener is gone
    return await runSession({ ...ticket, outputs }, descriptor, {
      stdout,
      libsrt,
      libc,
      emit,
      onAccepted: () => { // takes 2 ms, for which no caller waits
        link.begin(ticket, outputs !== null);
        process.onSignals(["SIGTERM"], () => stop.abort());
      },
      warn: (text) => emit({ event: "warning", text }),
      readOrders: (onCut) => readOrders(link, { stop, orphaned, recording, onCut }),
      listen: () => link.listen(),
      isDelayed: () => recording.isDelayed && !link.isBroken,
      nextOrder: (maxMs) => link.readable(maxMs),
      stop: stop.signal,
      orphaned: orphaned.signal,
    });
  } catch (error) {
    if (error instanceof SrtError) { // libsrt fails to start only if no thread can be created
      emit({ event: "not-accepted", cause: "resources", text: error.message });
      return CHILD_EXIT.notAccepted;
    }
    if (!(error instanceof LibraryError)) throw error;
    emit({ event: "not-accepted", cause: "no-libsrt", text: error.message });
    return CHILD_EXIT.noLibsrt;
  }
}

/** Receives the ticket and the caller socket. A spare rehearses before it waits for them. */
async function receiveTicket(
  libsrt: Libsrt,
  { libc, link: { channel }, emit }: Common,
): Promise<Received & { readonly descriptor: number | null }> {
  const first = channel.receiveWithDescriptor({ wait: false });
  if (first.kind !== "empty") return first;
  const { rehearse } = await import("../mod/session/rehearsal.ts");
  const problem = await rehearse(libsrt, libc);
  // the working folder of a spare must not keep a disk from being unmounted
  libc.symbols.chdir(toCString("/"));
  emit({ event: "waiting", ...(problem === null ? {} : { problem }) });
  return channel.receiveWithDescriptor({ wait: true });
}

/** Receives the outputs of the ticket, which the listener sends after it. Returns null if the listener is gone. */
async function receiveOutputs(channel: Channel): Promise<OutputsTicket | null> {
  while (true) {
    const received = channel.receive();
    if (received.kind === "message") return JSON.parse(received.text);
    if (received.kind !== "empty") return null;
    await sleep(OUTPUTS_MS);
  }
}

function readOrders(
  link: Link,
  { stop, orphaned, recording, onCut }: {
    readonly stop: AbortController;
    readonly orphaned: AbortController;
    readonly recording: { isDelayed: boolean };
    readonly onCut: (() => void) | undefined;
  },
): void {
  while (true) {
    const received = link.receive();
    if (received.kind === "empty") return;
    if (received.kind === "closed") return orphaned.abort();
    if (received.kind === "malformed") continue;
    if (STOP_ORDERS.includes(received.text)) stop.abort(received.text);
    else if (received.text === ORDER_WAIT) recording.isDelayed = true;
    else if (received.text === ORDER_RECORD) recording.isDelayed = false;
    else if (received.text === ORDER_CUT && onCut !== undefined) onCut();
    else if (received.text === ORDER_CUT) {
      link.send({ event: "cut", file: null, previous: null, problem: "its recording is complete" });
    }
  }
}
