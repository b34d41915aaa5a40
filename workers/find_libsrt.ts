/**
 * Finds the libsrt that children use, and builds the command that starts a child.
 *
 * @module
 */

import { checkSameExecutable, type ChildCommand, childCommand, HandoffError } from "../mod/handoff/child_command.ts";
import type { EmbeddedLibsrt, ProbeTicket } from "../mod/handoff/contract.ts";
import type { ProbeAnswer, ProbedLibsrt } from "../mod/handoff/child_message.ts";
import { openEmbeddedLibsrt } from "../mod/handoff/embedded_libsrt.ts";
import { probeLibsrt } from "../mod/handoff/probe_libsrt.ts";
import { ignoreFileSizeSignal } from "../mod/os/file_size_signal.ts";
import { ERRNO, type Libc, OsError } from "../mod/os/libc.ts";
import { ProblemError, systemProblem } from "../mod/report/problem.ts";

/** No usable libsrt. The text lists what was tried. */
export class LibsrtError extends ProblemError {
  override readonly name = "LibsrtError";
}

/**
 * Finds the libsrt: the one that was named, or the one inside the executable, or the system's.
 *
 * @throws {LibsrtError}
 */
export async function findLibsrt(file: string | null, libc: Libc): Promise<ProbedLibsrt> {
  const embedded = file === null ? await openEmbedded(libc) : null;
  const { libsrt, text } = await probe({ libsrt: file, embedded });
  if (libsrt === null) throw new LibsrtError(text, { hint: null });
  if (libsrt.cookiePredicted) return libsrt;
  throw new LibsrtError(
    `cannot use libsrt ${libsrt.version} (${libsrt.file}): its listeners answer with a cookie that is not the one of ` +
      "libsrt 1.4.2 to 1.5.5, so no caller could be handed to it",
    { hint: "name another one with --libsrt FILE" },
  );
}

async function probe(ticket: ProbeTicket): Promise<ProbeAnswer> {
  try {
    return await probeLibsrt(childCommandFor(null), ticket);
  } catch (error) {
    if (!(error instanceof HandoffError)) throw error;
    throw new LibsrtError(
      `cannot check whether ${ticket.libsrt ?? "the libsrt of this machine"} can be used: ${systemProblem(error)}`,
      {
        hint: "try again when the machine has processes and memory left, or name another one with --libsrt FILE",
        cause: error,
      },
    );
  }
}

/**
 * Prepares the libsrt inside the executable; null from source, or if there is none inside. From then on, writing beyond the limit
 * of file sizes is an error of this process and not its end: the limit holds for files in memory too.
 *
 * @throws {LibsrtError}
 */
export async function openEmbedded(libc: Libc): Promise<EmbeddedLibsrt | null> {
  if (!Deno.build.standalone) return null;
  ignoreFileSizeSignal();
  try {
    return await openEmbeddedLibsrt(libc);
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    const alternative = "use a libsrt of this machine: --libsrt libsrt.so.1.5";
    throw new LibsrtError(`cannot use the libsrt inside this executable: ${systemProblem(error)}`, {
      hint: error.errno === ERRNO.EFBIG
        ? `raise the limit of file sizes (ulimit -f) to 8 MB or more, or ${alternative}`
        : alternative,
      cause: error,
    });
  }
}

/** The command that starts a child, which may write to `writable` alone. */
export function childCommandFor(writable: string | null): ChildCommand {
  const { execPath, mainModule, build, env } = Deno;
  const self = { mainModule, standalone: build.standalone, env: env.get.bind(env) };
  const command = childCommand(self, writable);
  return build.standalone ? { ...command, check: checkSameExecutable(execPath()) } : command;
}
