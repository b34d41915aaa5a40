/**
 * Versions of libsrt: their text, the first one that works, and advice on those with known vulnerabilities.
 *
 * @module
 */

/** 1.4.2 is the first version with `srt_bind_acquire`. Encoded as libsrt does: major, minor, patch, a byte each. */
export const MINIMUM_VERSION = 0x010402;

/** The first version with the fixes of CVE-2026-55869 and CVE-2026-55868. */
const FIXED_VERSION = 0x010506;

/**
 * Distribution packages below {@linkcode FIXED_VERSION} that have the fixes: the start of the package's version, and the first
 * revision with them; source: the package's own changelog.
 */
const PATCHED_PACKAGES: readonly { readonly prefix: string; readonly revision: number }[] = [
  { prefix: "1.5.1-1+deb12u", revision: 2 },
];

/** Formats a version number of `srt_getversion` or `SRTO_PEERVERSION`: 0x010501 is `1.5.1`. */
export function formatVersion(version: number): string {
  return `${(version >> 16) & 0xff}.${(version >> 8) & 0xff}.${version & 0xff}`;
}

/**
 * Returns advice about the libsrt in use.
 *
 * The library itself does not show whether a distribution has put the fixes into an older version; only the package's version
 * can.
 *
 * @param version As `srt_getversion` returns it.
 * @param packageVersion The version of the package that contains the library, if known.
 * @returns A warning with a hint on its second line; null if there is none
 */
export function adviseVersion(version: number, packageVersion: string | null): string | null {
  if (version >= FIXED_VERSION || (packageVersion !== null && isPatched(packageVersion))) return null;
  const what = packageVersion === null ? "" : ` (package ${packageVersion})`;
  return `libsrt ${
    formatVersion(version)
  }${what} may lack the fixes of CVE-2026-55869 and CVE-2026-55868 (memory overwritten ` +
    `by a caller, no passphrase needed)\nuse ${formatVersion(FIXED_VERSION)} or later, or a package that has them`;
}

function isPatched(packageVersion: string): boolean {
  return PATCHED_PACKAGES.some(({ prefix, revision }) =>
    packageVersion.startsWith(prefix) && Number.parseInt(packageVersion.slice(prefix.length), 10) >= revision
  );
}
