/**
 * One caller, from its socket to its end: acquire, listen, accept, receive, say why it ended.
 *
 * @module
 */

import { CHILD_EXIT, type Ticket } from "../handoff/contract.ts";
import type { ChildMessage, NotAcceptedCause } from "../handoff/child_message.ts";
import { InheritedSocket } from "../os/inherited_socket.ts";
import type { Libc } from "../os/libc.ts";
import { encodeShutdown } from "../packet/reply.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import { openSink } from "../recording/open_sink.ts";
import { type Sink, SinkError } from "../recording/sink.ts";
import { TappedSink } from "../recording/tapped_sink.ts";
import type { Connection } from "../srt/connection.ts";
import { SrtError } from "../srt/error.ts";
import type { Libsrt } from "../srt/library.ts";
import { acquireListener } from "../srt/listener.ts";
import { Recorder, REPLACED } from "./recorder.ts";
import { openSidecar } from "./sidecar.ts";
import { openWatch } from "./watch.ts";

/**
 * How long a repeated CONCLUSION is still answered: the response to the first can be lost, and only the listener repeats it. As
 * long as libsrt's callers try to connect (`SRTO_CONNTIMEO`).
 */
const LISTENING_MS = 3000;

/** What a session needs from its process. */
export interface SessionDependencies {
  readonly libsrt: Libsrt;
  readonly libc: Libc;
  /** Says something to the listener. Never throws. */
  readonly emit: (message: ChildMessage) => void;
  /** Says something to people that ends nothing. Never throws. */
  readonly warn: (text: string) => void;
  /** Asked to end: by order or by signal. */
  readonly stop: AbortSignal;
  /** The listener is gone: matters only until the caller is accepted. */
  readonly orphaned: AbortSignal;
}

/**
 * Runs the session and returns the exit code of its process.
 *
 * @param descriptor The inherited, connected caller socket; libsrt owns it from here on.
 */
export async function runSession(
  ticket: Ticket,
  descriptor: number,
  dependencies: SessionDependencies,
): Promise<number> {
  const { emit } = dependencies;
  function notAccepted(cause: NotAcceptedCause, text: string): number {
    emit({ event: "not-accepted", cause, text });
    return CHILD_EXIT.notAccepted;
  }
  let sink: Sink;
  try {
    sink = openSink(ticket.sink, Date.now());
  } catch (error) {
    if (!(error instanceof SinkError)) throw error;
    return notAccepted(error.reason === "disk-full" ? "disk-full" : "file", error.message);
  }
  const socket = new InheritedSocket(dependencies.libc, descriptor);
  try {
    using listener = socket.handOver(ticket.local, (standIn) => acquireListener(dependencies.libsrt, standIn, ticket));
    emit({ event: "ready" });
    using connection = await listener.accept({
      timeoutMs: ticket.acceptTimeoutMs,
      signal: AbortSignal.any([dependencies.stop, dependencies.orphaned]),
    });
    if (connection !== null) {
      setTimeout(() => listener.close(), LISTENING_MS);
      return await record(connection, ticket, { ...dependencies, sink, socket });
    }
  } catch (error) {
    if (!(error instanceof SrtError)) throw error;
    await sink.close();
    return notAccepted("connection", error.message);
  }
  await sink.close();
  if (dependencies.stop.reason === REPLACED) return notAccepted("replaced", "asked to make room");
  if (dependencies.stop.aborted || dependencies.orphaned.aborted) return notAccepted("stopped", "asked to stop");
  return notAccepted("timeout", `libsrt did not accept it within ${ticket.acceptTimeoutMs / 1000} s`);
}

async function record(
  connection: Connection,
  ticket: Ticket,
  { sink, socket, emit, warn, stop }: SessionDependencies & { readonly sink: Sink; readonly socket: InheritedSocket },
): Promise<number> {
  const watch = await openWatch(ticket);
  const recorder = new Recorder(ticket, { connection, socket, watch, sink: new TappedSink(sink, watch.taps) });
  const start = recorder.start();
  const sidecar = openSidecar(start, ticket, warn);
  emit(start);
  // the caller is told first, and what it had sent by then is still received: libsrt's own close would throw it away
  const tellCaller = () => socket.send(encodeShutdown(ticket.callerSocketId));
  if (stop.aborted) tellCaller();
  else stop.addEventListener("abort", tellCaller, { once: true });
  const end = await recorder.run({ stop, emit, warn });
  sidecar.finish(end, watch);
  emit(end);
  return isCleanEnd(end.reason) ? CHILD_EXIT.done : CHILD_EXIT.failed;
}
