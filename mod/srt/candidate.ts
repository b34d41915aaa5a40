/**
 * Loads one file that may be libsrt, or explains why it cannot be used.
 *
 * @module
 */

import { type OpenLibrary, openLibrary } from "../os/library_functions.ts";
import { LIBSRT_SYMBOLS } from "./raw.ts";
import { formatVersion, MINIMUM_VERSION } from "./version.ts";

/** Why a file cannot be used; becomes a line of `LibraryError`. */
export class UnusableLibraryError extends Error {
  override readonly name = "UnusableLibraryError";
}

/**
 * Loads one file, and checks that it is libsrt and recent enough.
 *
 * @param file A path, or a name for the dynamic linker.
 * @returns The library, loaded but not started. The caller of this function owns it and closes it.
 * @throws {UnusableLibraryError} Not found, not a library, not libsrt, or too old.
 */
export function loadCandidate(file: string): OpenLibrary<typeof LIBSRT_SYMBOLS> {
  const library = openFile(file);
  try {
    checkVersion(library);
    return library;
  } catch (error) {
    library.close();
    throw error;
  }
}

function openFile(file: string): OpenLibrary<typeof LIBSRT_SYMBOLS> {
  try {
    return openLibrary(file, LIBSRT_SYMBOLS);
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    throw new UnusableLibraryError(describeOpenFailure(text, file), { cause });
  }
}

function checkVersion(library: OpenLibrary<typeof LIBSRT_SYMBOLS>): void {
  if (!library.has("srt_startup")) throw new UnusableLibraryError("not libsrt: it has no srt_startup");
  const version = library.has("srt_getversion") ? library.symbols.srt_getversion() : null; // since 1.4.2
  if (version !== null && version >= MINIMUM_VERSION) return;
  const name = version === null ? "this libsrt" : `libsrt ${formatVersion(version)}`;
  throw new UnusableLibraryError(`${name} is too old: ${formatVersion(MINIMUM_VERSION)} or later is needed`);
}

/** The dynamic linker's message without the file's name, which the line already begins with. */
function describeOpenFailure(text: string, file: string): string {
  const reason = text.replace(/^(?:Could not open library: )+/, "").replace(`${file}: `, "");
  return /No such file or directory/.test(reason) ? "not found" : reason;
}
