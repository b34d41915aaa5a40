/**
 * The libsrt inside the executable, as a file that children can load.
 *
 * `deno task compile` puts it there (scripts/compile.ts). It is copied once, into memory that all children share, so that it
 * leaves nothing on a disk and works on a read-only system. The listener never runs it. It is compressed, because every process
 * of the executable, children included, reads all embedded files into its memory.
 *
 * @module
 */

import type { Libc } from "../os/libc.ts";
import { openMemoryFile } from "../os/memory_file.ts";
import type { EmbeddedLibsrt } from "./contract.ts";

/** Where scripts/compile.ts puts it, from the top of the project. */
const FOLDER = new URL("../../dist/inside/", import.meta.url);

/**
 * Prepares it for the children that are started from now on.
 *
 * @param folder What `deno task compile` filled: `libsrt.so.gz` and `libsrt.json`.
 * @returns Null if there is none inside.
 * @throws {OsError} No memory file can be made.
 */
export async function openEmbeddedLibsrt(libc: Libc, folder: URL = FOLDER): Promise<EmbeddedLibsrt | null> {
  let compressed: Uint8Array<ArrayBuffer>;
  try {
    compressed = Deno.readFileSync(new URL("libsrt.so.gz", folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null; // compiled by hand, without one
    throw error;
  }
  const { packageVersion } = JSON.parse(Deno.readTextFileSync(new URL("libsrt.json", folder)));
  if (packageVersion !== null && typeof packageVersion !== "string") {
    throw new TypeError("cannot read libsrt.json inside the executable: no packageVersion");
  }
  const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const content = new Uint8Array(await new Response(stream).arrayBuffer());
  return { file: openMemoryFile(libc, "libsrt.so", content), packageVersion };
}
