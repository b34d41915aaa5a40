/**
 * Asks dpkg which package a file came with.
 *
 * @module
 */

import { runTool } from "./run_tool.ts";

/** An installed package. */
export interface DebianPackage {
  /** Without architecture, such as `libsrt-openssl-dev`. */
  readonly name: string;
  /** Without epoch, such as `1.5.1-1+deb12u2`. */
  readonly version: string;
}

/** The package that brought `file`. @throws {CompileError} */
export async function findDebianPackage(file: string): Promise<DebianPackage> {
  const owner = await runTool(["dpkg-query", "--search", await Deno.realPath(file)], `find the package of ${file}`);
  const name = owner.split(": ")[0] ?? "";
  const version = await runTool(
    ["dpkg-query", "--show", "--showformat=${Version}", name],
    `find the version of ${name}`,
  );
  return { name: name.replace(/:.*/, ""), version: version.replace(/^\d+:/, "") };
}
