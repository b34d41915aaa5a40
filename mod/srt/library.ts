/**
 * Loads and starts a libsrt whose file is known. `find_library.ts` searches for one.
 *
 * @module
 */

import { loadCandidate, UnusableLibraryError } from "./candidate.ts";
import { lastSrtError } from "./error.ts";
import { LOG_CRIT, SRT_ERROR } from "./raw.ts";
import type { LIBSRT_SYMBOLS, LibsrtSymbols } from "./raw.ts";
import { formatVersion } from "./version.ts";

/** A place that was tried, and why it failed. */
export interface FailedPlace {
  /** A path, or a name for the dynamic linker. */
  readonly file: string;
  /** Why it failed. */
  readonly text: string;
}

/** No usable libsrt. The message has one line for each place tried, and ends with advice. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";

  /** Every place that was tried, in order; at least one. */
  readonly tried: readonly FailedPlace[];

  /** Lists the places. `details`: `advice`: what to do; `cause`: the last failure. */
  constructor(tried: readonly FailedPlace[], details: { readonly advice: string; readonly cause: unknown }) {
    const lines = tried.map(({ file, text }) => `  "${file}": ${text}`);
    super(`cannot load libsrt; tried:\n${lines.join("\n")}\n${details.advice}`, { cause: details.cause });
    this.tried = tried;
  }
}

/** A loaded and started libsrt. */
export class Libsrt implements Disposable {
  readonly #library: Deno.DynamicLibrary<typeof LIBSRT_SYMBOLS>;
  #closed = false;

  /** The file or name that was loaded. */
  readonly file: string;

  /** Whether it is the copy inside the executable; false in a child, which gets the path of the file. */
  readonly embedded: boolean;

  /** Its version as `srt_getversion` returns it. */
  readonly versionNumber: number;

  /** Its version, such as `1.5.1`. */
  readonly version: string;

  /**
   * Starts a loaded library; owns it from now on.
   *
   * @throws {SrtError} libsrt cannot start its threads.
   */
  constructor(library: Deno.DynamicLibrary<typeof LIBSRT_SYMBOLS>, place: { file: string; embedded: boolean }) {
    this.#library = library;
    this.versionNumber = library.symbols.srt_getversion();
    this.file = place.file;
    this.embedded = place.embedded;
    this.version = formatVersion(this.versionNumber);
    if (library.symbols.srt_startup() === SRT_ERROR) throw lastSrtError(library.symbols, "cannot start libsrt");
    // By default libsrt writes each refused handshake to stderr, where this program writes a clearer line.
    library.symbols.srt_setloglevel(LOG_CRIT);
  }

  /** libsrt's functions, for the files of this folder and for tests. */
  get symbols(): LibsrtSymbols {
    return this.#library.symbols;
  }

  /**
   * Closes every socket, ends libsrt's threads and unloads it: about 20 ms. Idempotent. No function may still be waiting in
   * libsrt: `accept` must have returned. A process that exits without this call may crash (SIGSEGV in libsrt's own clean-up at
   * exit).
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#library.symbols.srt_cleanup();
    this.#library.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Loads and starts the libsrt that the operator or the listener named.
 *
 * @param file A path, or a name for the dynamic linker
 * @throws {LibraryError} It cannot be loaded, or is not libsrt 1.4.2 or later.
 * @throws {SrtError} libsrt cannot start its threads.
 */
export function loadLibsrt(file: string): Libsrt {
  try {
    return new Libsrt(loadCandidate(file), { file, embedded: false });
  } catch (cause) {
    if (!(cause instanceof UnusableLibraryError)) throw cause;
    throw new LibraryError([{ file, text: cause.message }], { advice: adviseNamed(file), cause });
  }
}

/**
 * Returns advice for an operator who named a file that cannot be loaded. A name without a slash is searched for in the system
 * only, as `dlopen` does.
 */
function adviseNamed(file: string): string {
  const inFolder = file.includes("/") ? "" : ` (./${file} if it is in this folder)`;
  return `name another file${inFolder}, or omit --libsrt and SRT_SPLITTER_LIBSRT to use the libsrt in the executable or the system's`;
}
