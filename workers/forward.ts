/**
 * The process that forwards the payload of one session to an SRT listener. It reads a ticket and then the payload from stdin, and
 * writes reports to stderr (mod/recording/forward_template.ts). From source, this is its main module.
 *
 * @module
 */

import { openLibc } from "../mod/os/libc.ts";
import { protectMemory, setProcessName } from "../mod/os/own_process.ts";
import { encodeSocketAddress } from "../mod/os/socket_address.ts";
import type { ForwardReport, ForwardTicket } from "../mod/recording/forward_template.ts";
import { formatEndpoint } from "../mod/report/format.ts";
import { ProblemError } from "../mod/report/problem.ts";
import { explainRefusal } from "../mod/report/explain_refusal.ts";
import { ForwardInput } from "../mod/send/forward_input.ts";
import { type ForwardConnection, forwardPayload } from "../mod/send/forward_payload.ts";
import { resolveHost } from "../mod/send/resolve_host.ts";
import { Caller } from "../mod/srt/caller.ts";
import { CallRefusedError } from "../mod/srt/connect.ts";
import { SrtError } from "../mod/srt/error.ts";
import { openLibsrt } from "../mod/srt/find_library.ts";
import { LibraryError, type Libsrt } from "../mod/srt/library.ts";
import { LibsrtError, openEmbedded } from "./find_libsrt.ts";
import { openProcess, type RoleProcess } from "./process.ts";

if (import.meta.main) Deno.exit(await runForward(openProcess()));

/** libsrt cannot be loaded or used. */
const EXIT_FAILED = 1;

/** Runs the process and returns its exit code. */
export async function runForward({ writeErr }: RoleProcess): Promise<number> {
  const libc = openLibc();
  protectMemory(libc); // before the ticket, which has the passphrase
  setProcessName(libc, "srt-splitter");
  let written = Promise.resolve();
  const report = (line: ForwardReport) => {
    const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
    written = written.then(() => writeErr(bytes)).catch(() => {}); // the session has died
  };
  const input = new ForwardInput((buffer) => Deno.stdin.read(buffer));
  const ticket = await input.ticket();
  if (ticket === null) return 0; // the session has died
  try {
    const inside = ticket.libsrt === null ? await openEmbedded(libc) : null;
    using libsrt = openLibsrt({ file: ticket.libsrt, embedded: inside?.file ?? null });
    await forwardPayload({ read: () => input.read(), call: () => call(ticket, { libc, libsrt }), report });
    await written;
    return 0;
  } catch (error) {
    if (!(error instanceof LibraryError) && !(error instanceof LibsrtError)) throw error;
    report({ warning: error.message, problem: error.message });
    await written;
    return EXIT_FAILED;
  }
}

/** Calls the listener. Returns why that failed as text. */
async function call(
  { host, port, ...options }: ForwardTicket,
  { libc, libsrt }: { readonly libc: ReturnType<typeof openLibc>; readonly libsrt: Libsrt },
): Promise<ForwardConnection | string> {
  let listener = "the listener";
  try {
    const endpoint = { address: await resolveHost(host), port };
    listener = formatEndpoint(endpoint);
    return await Caller.connect(libsrt, encodeSocketAddress(libc, endpoint), options);
  } catch (error) {
    if (error instanceof CallRefusedError) {
      return explainRefusal(error.reason, { listener, passphraseOption: "passphrase-file=FILE in its address" });
    }
    if (error instanceof ProblemError) return error.text;
    if (error instanceof SrtError) return error.message;
    throw error;
  }
}
