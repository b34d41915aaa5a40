/**
 * Loads one file that may be libsrt, or explains why it cannot be used.
 *
 * @module
 */

import { openLibrary } from "../os/library_functions.ts";
import { LIBSRT_SYMBOLS, VERSION_SYMBOLS } from "./raw.ts";
import { formatVersion, MINIMUM_VERSION } from "./version.ts";

/** What a session calls until its caller is accepted. The other functions are opened when they are called. */
const SOON = [
  "srt_startup",
  "srt_getversion",
  "srt_setloglevel",
  "srt_create_socket",
  "srt_setsockflag",
  "srt_listen_callback",
  "srt_bind_acquire",
  "srt_listen",
  "srt_epoll_create",
  "srt_epoll_add_usock",
  "srt_epoll_uwait",
  "srt_accept",
  "srt_getlasterror",
  "srt_getsockflag",
  "srt_epoll_release",
] as const;

/** Why a file cannot be used; becomes a line of `LibraryError`. */
export class UnusableLibraryError extends Error {
  /** Name of the class. */
  override readonly name = "UnusableLibraryError";
}

/**
 * Loads one file. Its version is checked first, so that an old libsrt is reported as too old.
 *
 * @param file A path, or a name for the dynamic linker.
 * @returns The library, loaded but not started; the caller's to close.
 * @throws {UnusableLibraryError} Not found, not a library, not libsrt, or too old.
 */
export function loadCandidate(file: string): Deno.DynamicLibrary<typeof LIBSRT_SYMBOLS> {
  const candidate = openAs(file, () => Deno.dlopen(file, VERSION_SYMBOLS));
  try {
    const version = candidate.symbols.srt_getversion?.() ?? 0;
    if (version === 0) {
      throw new UnusableLibraryError(`this libsrt is too old: ${formatVersion(MINIMUM_VERSION)} or later is needed`);
    }
    if (version < MINIMUM_VERSION) {
      throw new UnusableLibraryError(
        `libsrt ${formatVersion(version)} is too old: ${formatVersion(MINIMUM_VERSION)} or later is needed`,
      );
    }
    return openAs(file, () => openLibrary(file, LIBSRT_SYMBOLS, SOON));
  } finally {
    candidate.close();
  }
}

/** Runs `open` and explains its failure. */
function openAs<Library>(file: string, open: () => Library): Library {
  try {
    return open();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const missing = /^Failed to register symbol (\w+)/.exec(text);
    if (missing !== null) throw new UnusableLibraryError(`not libsrt: it has no ${missing[1]}`, { cause });
    throw new UnusableLibraryError(describeOpenFailure(text, file), { cause });
  }
}

/** The dynamic linker's message without the file's name, which the line already begins with. */
function describeOpenFailure(text: string, file: string): string {
  const reason = text.replace(/^(?:Could not open library: )+/, "").replace(`${file}: `, "");
  return /No such file or directory/.test(reason) ? "not found" : reason;
}
