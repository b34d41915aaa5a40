/**
 * Finds the version of the Debian or Ubuntu package that contains a system-wide libsrt.
 *
 * @module
 */

/**
 * Returns the version of the installed package of libsrt `version`, such as `1.5.1-1+deb12u2`; null if there is none.
 *
 * A package of another upstream version does not contain the library that was loaded (which may be in /usr/local), so it does not
 * count. If several fit, they are flavors (OpenSSL, GnuTLS) built from one source.
 *
 * @param dpkgStatus Content of /var/lib/dpkg/status: paragraphs of fields, one empty line between them.
 * @param version The library's own version, such as `1.5.1`.
 */
export function findPackageVersion(dpkgStatus: string, version: string): string | null {
  for (const match of dpkgStatus.matchAll(/^Package: libsrt\d+\.\d+-\w+\n(?:.+\n)*/gm)) {
    const paragraph = match[0];
    const found = /^Version: (?:\d+:)?(.+)$/m.exec(paragraph)?.[1];
    if (found?.startsWith(`${version}-`) && /^Status: .* installed$/m.test(paragraph)) return found;
  }
  return null;
}
