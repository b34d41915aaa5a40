/**
 * Links a libsrt that needs nothing but glibc, out of the distribution's own static archives: unmodified, OpenSSL and the C++
 * library inside.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { CompileError } from "./compile_error.ts";
import { type DebianPackage, findDebianPackage } from "./debian_package.ts";
import { runTool } from "./run_tool.ts";

const COMPILER = "g++";
const MAP = fileURLToPath(new URL("libsrt.map", import.meta.url));

/** What was linked. */
export interface LinkedLibsrt {
  /** The package that libsrt itself is of. */
  readonly libsrt: DebianPackage;
  /** Every package that has a part in it, libsrt's included. */
  readonly packages: readonly DebianPackage[];
}

/** Links it into `output`. @throws {CompileError} */
export async function linkLibsrt(output: string): Promise<LinkedLibsrt> {
  const libsrt = await findArchive("libsrt.a");
  const libcrypto = await findArchive("libcrypto.a");
  const runtime = [await findArchive("libstdc++.a"), await findArchive("libgcc.a")];
  await runTool([
    COMPILER,
    "-shared",
    "-o",
    output,
    "-Wl,--whole-archive",
    libsrt,
    "-Wl,--no-whole-archive",
    libcrypto,
    "-static-libstdc++",
    "-static-libgcc",
    "-Wl,-soname,libsrt.so.1.5",
    // only srt_* can be seen, so nothing of ours can be taken for something of Deno's, and what nobody calls is left out
    `-Wl,--version-script=${MAP}`,
    "-Wl,--gc-sections",
    "-Wl,-Bsymbolic",
    "-Wl,--strip-all",
    // as distributions harden theirs; nodelete: OpenSSL's and C++'s handlers at exit must find their code
    "-Wl,-z,defs,-z,relro,-z,now,-z,noexecstack,-z,nodelete",
  ], "link libsrt");
  const packages = await Promise.all([libsrt, libcrypto, ...runtime].map(findDebianPackage));
  const [first] = packages;
  if (first === undefined) throw new TypeError("cannot link libsrt: no packages");
  return { libsrt: first, packages };
}

/** Path of a static archive. @throws {CompileError} Where the compiler knows none. */
async function findArchive(name: string): Promise<string> {
  // it prints the bare name where it finds none
  const path = (await runTool([COMPILER, `-print-file-name=${name}`], `find ${name}`)).trim();
  if (path !== name) return await Deno.realPath(path);
  throw new CompileError(
    `cannot link libsrt: ${COMPILER} finds no ${name}\n` +
      "Debian and Ubuntu have it: sudo apt-get install -y libsrt-openssl-dev g++ binutils\n" +
      "Elsewhere build a libsrt that needs nothing but libc and libm, and name it: deno task compile --libsrt FILE",
  );
}
