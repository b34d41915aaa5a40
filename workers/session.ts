/**
 * The child: one caller's session in a process of its own.
 *
 * Reads the ticket and orders from stdin, writes events to stdout (the contract: mod/handoff/contract.ts).
 *
 * @module
 */

import {
  CHILD_EXIT,
  ORDER_MOVED,
  ORDER_REPLACE,
  ORDER_STOP,
  parseTicket,
  type Ticket,
} from "../mod/handoff/contract.ts";
import type { ChildMessage } from "../mod/handoff/child_message.ts";
import { type Libc, openLibc, SESSION_FUNCTIONS } from "../mod/os/libc.ts";
import { protectMemory, setProcessName } from "../mod/os/own_process.ts";
import { readLines } from "../mod/os/read_lines.ts";
import { LineWriter } from "../mod/report/line_writer.ts";
import { MOVED, REPLACED } from "../mod/session/end.ts";
import { runSession } from "../mod/session/run_session.ts";
import { SrtError } from "../mod/srt/error.ts";
import { LibraryError, openLibsrt } from "../mod/srt/library.ts";
import type { RoleProcess } from "./process.ts";

/** Messages that are dropped if too many wait. */
const DROPPABLE: ReadonlySet<ChildMessage["event"]> = new Set(["stats", "alive", "warning"]);

/** Runs the child and returns its exit code. `args`: the role, and the descriptor's number. */
export async function runChild([, descriptor]: readonly string[], process: RoleProcess): Promise<number> {
  const libc = openLibc(SESSION_FUNCTIONS);
  protectMemory(libc); // before the ticket, which has the passphrase
  const lines = readLines(process.stdin);
  const first = await lines.next();
  if (first.done) return CHILD_EXIT.notAccepted; // the listener went away first
  setProcessName(libc, "srt-splitter");
  const writer = new LineWriter(process.writeOut);
  const emit = (message: ChildMessage) => {
    writer.write(`${JSON.stringify(message)}\n`, { canBeMissed: DROPPABLE.has(message.event) });
  };
  const ticket = parseTicket(first.value);
  const code = await runTicket(ticket, Number(descriptor), { libc, emit, lines, process });
  await writer.flush();
  return code;
}

async function runTicket(
  ticket: Ticket,
  descriptor: number,
  { libc, emit, lines, process }: {
    readonly libc: Libc;
    readonly emit: (message: ChildMessage) => void;
    readonly lines: AsyncGenerator<string>;
    readonly process: RoleProcess;
  },
): Promise<number> {
  const stop = new AbortController();
  const orphaned = new AbortController();
  process.onSignals(["SIGTERM"], () => stop.abort());
  followOrders(lines, { stop, orphaned });
  try {
    using libsrt = openLibsrt({ file: ticket.libsrt });
    return await runSession(ticket, descriptor, {
      libsrt,
      libc,
      emit,
      warn: (text) => emit({ event: "warning", text }),
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

async function followOrders(
  lines: AsyncGenerator<string>,
  { stop, orphaned }: { readonly stop: AbortController; readonly orphaned: AbortController },
): Promise<void> {
  for await (const order of lines) {
    if (order === ORDER_STOP) stop.abort();
    else if (order === ORDER_REPLACE) stop.abort(REPLACED);
    else if (order === ORDER_MOVED) stop.abort(MOVED);
  }
  orphaned.abort();
}
