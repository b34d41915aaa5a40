/**
 * Finds, loads and starts libsrt.
 *
 * Searched in this order: the file that the operator named (and nothing else, if one was named), the copy inside the
 * executable, the names under which distributions ship it.
 *
 * @module
 */

import { loadCandidate, UnusableLibraryError } from "./candidate.ts";
import { lastSrtError } from "./error.ts";
import { adviseInstall } from "./install_advice.ts";
import { findPackageVersion } from "./package_version.ts";
import { LOG_CRIT, SRT_ERROR } from "./raw.ts";
import type { LIBSRT_SYMBOLS, LibsrtSymbols } from "./raw.ts";
import { adviseVersion, formatVersion } from "./version.ts";

/**
 * Names by which the dynamic linker finds libsrt. Fedora, Arch, Alpine, openSUSE and Debian's OpenSSL flavor have the plain
 * name; the GnuTLS flavor of Debian and Ubuntu has another one. Names without a minor version are last, because they may
 * point to any version.
 */
export const SYSTEM_NAMES: readonly string[] = [
  "libsrt.so.1.5",
  "libsrt-openssl.so.1.5",
  "libsrt-gnutls.so.1.5",
  "libsrt.so.1.4",
  "libsrt-gnutls.so.1.4",
  "libsrt.so.1",
  "libsrt.so",
];

/**
 * Returns advice for an operator who named a file that cannot be loaded. A name without a slash is searched for in the system
 * only, as `dlopen` does.
 */
function adviseNamed(file: string): string {
  const inFolder = file.includes("/") ? "" : ` (./${file} if it is in this folder)`;
  return `name another file${inFolder}, or omit --libsrt to use the libsrt in the executable or the system's`;
}

/** Where libsrt is searched for. */
export interface LibraryPlaces {
  /** What the operator named: a path, or a name for the dynamic linker. If it fails, nothing else is tried. */
  readonly file?: string | null;
  /** Path of the copy inside the executable, if there is one. */
  readonly embedded?: string | null;
  /** Names for the dynamic linker; {@linkcode SYSTEM_NAMES} unless given. */
  readonly systemNames?: readonly string[];
}

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
  readonly #versionNumber: number;
  #closed = false;

  /** The file or name that was loaded. */
  readonly file: string;

  /** Whether it is the copy inside the executable. */
  readonly embedded: boolean;

  /** Its version, such as `1.5.1`. */
  readonly version: string;

  /**
   * Starts a loaded library; owns it from now on.
   *
   * @throws {SrtError} libsrt cannot start its threads.
   */
  constructor(library: Deno.DynamicLibrary<typeof LIBSRT_SYMBOLS>, place: { file: string; embedded: boolean }) {
    this.#library = library;
    this.#versionNumber = library.symbols.srt_getversion();
    this.file = place.file;
    this.embedded = place.embedded;
    this.version = formatVersion(this.#versionNumber);
    if (library.symbols.srt_startup() === SRT_ERROR) throw lastSrtError(library.symbols, "cannot start libsrt");
    // By default libsrt writes each refused handshake to stderr, where this program writes a clearer line.
    library.symbols.srt_setloglevel(LOG_CRIT);
  }

  /** libsrt's functions, for the files of this folder and for tests. */
  get symbols(): LibsrtSymbols {
    return this.#library.symbols;
  }

  /**
   * Advice on known vulnerabilities of this version, or null. It reads dpkg's list of packages, which takes some milliseconds:
   * call it in the child that tests libsrt when the listener starts, not in each session.
   *
   * @param embeddedPackage Version of the package that the copy inside the executable was linked from, if known.
   */
  versionWarning(embeddedPackage: string | null = null): string | null {
    if (this.embedded) return adviseVersion(this.#versionNumber, embeddedPackage);
    // Only a file that the dynamic linker found by its name, or one in /usr/lib/, counts as part of a package.
    const packaged = !this.file.includes("/") || this.file.startsWith("/usr/lib/");
    const dpkgStatus = packaged ? readOptional("/var/lib/dpkg/status") : null;
    return adviseVersion(
      this.#versionNumber,
      dpkgStatus === null ? null : findPackageVersion(dpkgStatus, this.version),
    );
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
 * Finds, loads and starts libsrt.
 *
 * @throws {LibraryError} None of the places has a libsrt of 1.4.2 or later.
 * @throws {SrtError} libsrt cannot start its threads.
 */
export function openLibsrt(places: LibraryPlaces = {}): Libsrt {
  const tried: FailedPlace[] = [];
  let cause: unknown = null;
  for (const place of listPlaces(places)) {
    try {
      return new Libsrt(loadCandidate(place.file), place);
    } catch (error) {
      if (!(error instanceof UnusableLibraryError)) throw error;
      tried.push({ file: place.file, text: error.message });
      cause = error;
    }
  }
  const advice = typeof places.file === "string"
    ? adviseNamed(places.file)
    : adviseInstall(readOptional("/etc/os-release"));
  throw new LibraryError(tried, { advice, cause });
}

function listPlaces(places: LibraryPlaces): readonly { readonly file: string; readonly embedded: boolean }[] {
  if (typeof places.file === "string") return [{ file: places.file, embedded: false }];
  const system = (places.systemNames ?? SYSTEM_NAMES).map((file) => ({ file, embedded: false }));
  return typeof places.embedded === "string" ? [{ file: places.embedded, embedded: true }, ...system] : system;
}

function readOptional(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // Other distributions have no such file; without it the advice is more general.
    return null;
  }
}
