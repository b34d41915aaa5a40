/**
 * Finds, loads and starts libsrt.
 *
 * Searched in this order: the file that the operator named (and nothing else, if one was named), the copy inside the
 * executable, the names under which distributions ship it.
 *
 * @module
 */

import { loadCandidate, UnusableLibraryError } from "./candidate.ts";
import { adviseInstall } from "./install_advice.ts";
import { type FailedPlace, LibraryError, Libsrt, loadLibsrt } from "./library.ts";
import { findPackageVersion } from "./package_version.ts";
import { adviseVersion } from "./version.ts";

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

/** Where libsrt is searched for. */
export interface LibraryPlaces {
  /** What the operator named: a path, or a name for the dynamic linker. If it fails, nothing else is tried. */
  readonly file?: string | null;
  /** Path of the copy inside the executable, if there is one. */
  readonly embedded?: string | null;
  /** Names for the dynamic linker; {@linkcode SYSTEM_NAMES} unless given. */
  readonly systemNames?: readonly string[];
}

/**
 * Finds, loads and starts libsrt.
 *
 * @throws {LibraryError} None of the places has a libsrt of 1.4.2 or later.
 * @throws {SrtError} libsrt cannot start its threads.
 */
export function openLibsrt({ file = null, embedded = null, systemNames = SYSTEM_NAMES }: LibraryPlaces = {}): Libsrt {
  if (file !== null) return loadLibsrt(file);
  const system = systemNames.map((name) => ({ file: name, embedded: false }));
  const tried: FailedPlace[] = [];
  let cause: unknown = null;
  for (const place of embedded === null ? system : [{ file: embedded, embedded: true }, ...system]) {
    try {
      return new Libsrt(loadCandidate(place.file), place);
    } catch (error) {
      if (!(error instanceof UnusableLibraryError)) throw error;
      tried.push({ file: place.file, text: error.message });
      cause = error;
    }
  }
  throw new LibraryError(tried, { advice: adviseInstall(readOptional("/etc/os-release")), cause });
}

/**
 * Returns advice on known vulnerabilities of a version, or null. It reads dpkg's list of packages, which takes some milliseconds:
 * call it in the child that tests libsrt when the listener starts, not in each session.
 *
 * @param embeddedPackage Version of the package that the copy inside the executable was linked from, if known.
 */
export function versionWarning(
  { file, embedded, version, versionNumber }: Libsrt,
  embeddedPackage: string | null = null,
): string | null {
  if (embedded) return adviseVersion(versionNumber, embeddedPackage);
  // Only a file that the dynamic linker found by its name, or one in /usr/lib/, counts as part of a package.
  const packaged = !file.includes("/") || file.startsWith("/usr/lib/");
  const dpkgStatus = packaged ? readOptional("/var/lib/dpkg/status") : null;
  return adviseVersion(versionNumber, dpkgStatus === null ? null : findPackageVersion(dpkgStatus, version));
}

function readOptional(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // Not every distribution has the file; without it the advice is more general.
    return null;
  }
}
