/**
 * Links the static archives of the distribution into a shared libsrt that contains OpenSSL and the C++ library, and needs only
 * glibc. libsrt itself is not modified.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { type DebianPackage, findDebianPackage } from "./packages.ts";
import { CompileError, runTool } from "./run_tool.ts";

const COMPILER = "g++";
const MAP = fileURLToPath(new URL("libsrt.map", import.meta.url));

/** A libsrt that was linked, and its origin. */
export interface LinkedLibsrt {
  /** Package of libsrt itself. */
  readonly libsrt: DebianPackage;
  /** Every package that a part of it comes from, that of libsrt included. */
  readonly packages: readonly DebianPackage[];
}

/** Links libsrt into the file `output`. @throws {CompileError} */
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
    // only srt_* is exported, so no symbol can be mistaken for one of Deno's; unused code is left out
    `-Wl,--version-script=${MAP}`,
    "-Wl,--gc-sections",
    "-Wl,-Bsymbolic",
    "-Wl,--strip-all",
    // hardening as in distributions; nodelete keeps the code loaded that the exit handlers of OpenSSL and C++ run
    "-Wl,-z,defs,-z,relro,-z,now,-z,noexecstack,-z,nodelete",
  ], "link libsrt");
  const packages = await Promise.all([libsrt, libcrypto, ...runtime].map(findDebianPackage));
  const [first] = packages;
  if (first === undefined) throw new TypeError("cannot link libsrt: no packages");
  return { libsrt: first, packages };
}

/** Returns the path of a static archive. @throws {CompileError} The compiler finds none */
async function findArchive(name: string): Promise<string> {
  // the compiler prints the bare name if it finds no archive
  const path = (await runTool([COMPILER, `-print-file-name=${name}`], `find ${name}`)).trim();
  if (path !== name) return await Deno.realPath(path);
  throw new CompileError(
    `cannot link libsrt: ${COMPILER} finds no ${name}\n` +
      "hint: on Debian and Ubuntu: sudo apt-get install -y libsrt-openssl-dev g++ binutils\n" +
      "hint: elsewhere, build a libsrt that needs only libc and libm, then run: deno task compile --libsrt FILE",
  );
}
