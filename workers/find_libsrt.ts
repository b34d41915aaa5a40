/**
 * Finds the libsrt that children use, and builds the command that starts a child.
 *
 * @module
 */

import {
  callerCommand,
  checkSameExecutable,
  type ChildCommands,
  forwardCommand,
  HandoffError,
  probeCommand,
  type Self,
  spareCommand,
} from "../mod/handoff/child_command.ts";
import type { EmbeddedLibsrt, ProbeAnswer, ProbeTicket, ProgramTicket, UsableLibsrt } from "../mod/handoff/contract.ts";
import {
  describeEmbeddedLibsrt,
  type EmbeddedDescription,
  openEmbeddedLibsrt,
} from "../mod/handoff/embedded_libsrt.ts";
import { probeLibsrt } from "../mod/handoff/probe_libsrt.ts";
import { bundleCheck } from "../mod/handoff/session_bundle.ts";
import { ignoreFileSizeSignal } from "../mod/os/file_size_signal.ts";
import { ERRNO, type Libc, openLibc, OsError } from "../mod/os/libc.ts";
import { ProblemError, systemProblem } from "../mod/report/problem.ts";

/** No usable libsrt. The text names the libraries that were tried, and why each cannot be used. */
export class LibsrtError extends ProblemError {
  override readonly name = "LibsrtError";
}

/** A search that begins before the options are read: the probe runs while this process loads its modules. */
export class EarlySearch {
  /** The libsrt to use if the options name none. */
  readonly libsrt: Promise<UsableLibsrt> = search();

  constructor() {
    this.libsrt.catch(() => {}); // its failure is reported where it is awaited
  }
}

/**
 * Finds the libsrt: the one that was named, or the one inside the executable, or the system's.
 *
 * @throws {LibsrtError}
 */
export async function findLibsrt(file: string | null, early: EarlySearch | null = null): Promise<UsableLibsrt> {
  if (file !== null) return await tryLibsrt({ libsrt: file, embedded: null }, self());
  return await (early?.libsrt ?? search());
}

async function search(): Promise<UsableLibsrt> {
  if (!Deno.build.standalone) return await tryLibsrt({ libsrt: null, embedded: null }, self());
  const libc = openLibc();
  const embedded = await openEmbedded(libc);
  const known = knownInside(libc);
  if (embedded !== null && known !== null) {
    return { ...known, file: embedded.file, path: embedded.file, embedded: true };
  }
  return await tryLibsrt({ libsrt: null, embedded }, self());
}

/** A libsrt as `--version` shows it. */
export interface LibsrtDescription {
  readonly version: string;
  readonly place: string;
  readonly warning: string | null;
}

/** Describes the libsrt that {@linkcode findLibsrt} would find. @throws {LibsrtError} */
export async function describeLibsrt(file: string | null): Promise<LibsrtDescription> {
  const known = file === null && Deno.build.standalone ? knownInside(openLibc()) : null;
  const { version, warning, ...found } = known === null
    ? await findLibsrt(file)
    : { ...known, file: "", path: "", embedded: true };
  return { version, place: found.embedded ? "in this executable" : found.file, warning };
}

/**
 * Returns what the build of this executable found out about the libsrt in it; null if there is none, or if only a
 * probe can determine whether it can be used here.
 */
function knownInside(libc: Libc): EmbeddedDescription["probed"] {
  const inside = describeEmbeddedLibsrt();
  return inside !== null && isAtLeast(libc.version(), inside.glibc ?? "0") ? inside.probed : null;
}

/** Compares versions such as `2.36`. */
function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, "en", { numeric: true }) >= 0;
}

/**
 * Tries a libsrt in a process of its own.
 *
 * @throws {LibsrtError} It cannot be used
 */
export async function tryLibsrt(ticket: ProbeTicket, self: Self): Promise<UsableLibsrt> {
  const { libsrt, text } = await probe(ticket, self);
  if (libsrt === null) throw new LibsrtError(text, { hint: null });
  const { predictCookie } = await import("../mod/packet/cookie.ts");
  const { induction: { caller, cookie }, ...usable } = libsrt;
  if (cookie === predictCookie(caller)) return usable;
  throw new LibsrtError(
    `cannot use libsrt ${libsrt.version} (${libsrt.file}): its cookie differs from that of ` +
      "libsrt 1.4.2 to 1.5.5, so no caller can be handed to it",
    { hint: "name another one with --libsrt FILE" },
  );
}

async function probe(ticket: ProbeTicket, self: Self): Promise<ProbeAnswer> {
  try {
    return await probeLibsrt(probeCommand(self), ticket);
  } catch (error) {
    if (!(error instanceof HandoffError)) throw error;
    throw new LibsrtError(
      `cannot check whether ${ticket.libsrt ?? "libsrt"} can be used: ${systemProblem(error)}`,
      {
        hint: "try again when the machine has processes and memory left, or name another one with --libsrt FILE",
        cause: error,
      },
    );
  }
}

/**
 * Prepares the libsrt inside the executable, and returns it. Returns null if the program runs from source, or if the executable
 * has no libsrt inside. In an executable, a write beyond the limit of file sizes (`ulimit -f`) fails from now on, instead of
 * ending this process; the limit applies to files in memory too.
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

/**
 * Returns a function that returns the commands of sessions. From source, a session may write only to the folder `writable`; null:
 * to none. The bundle is not checked before the first call, because that would delay the start of the listener.
 */
export function childCommandsFor(writable: string | null): () => ChildCommands {
  const check = Deno.build.standalone ? { check: checkSameExecutable(Deno.execPath()) } : {};
  const isBundled = bundleCheck(Deno.mainModule); // an executable has no bundle
  return () => {
    const start = { writable, bundled: isBundled() };
    return {
      caller: { ...callerCommand(self(), start), ...check },
      spare: { ...spareCommand(self(), start), ...check },
    };
  };
}

/** Returns the command that starts the process which forwards a session. */
export function forwarder(): ProgramTicket {
  return forwardCommand(self());
}

function self(): Self {
  const { mainModule, build, env } = Deno;
  return { mainModule, standalone: build.standalone, execPath: Deno.execPath(), env: env.get.bind(env) };
}
