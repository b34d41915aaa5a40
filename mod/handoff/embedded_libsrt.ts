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
import type { EmbeddedLibsrt, UsableLibsrt } from "./contract.ts";

/** Where scripts/compile.ts puts it, from the top of the project. */
const FOLDER = new URL("../../dist/inside/", import.meta.url);

/** More bytes than any libsrt has, so that it is decompressed in one step, which takes a third of the time. */
const MAX_BYTES = 2 ** 24;

/** The facts about it that scripts/compile.ts writes: `libsrt.json`. */
export interface EmbeddedDescription {
  /** Version of the distribution's package that it was linked from, or null. */
  readonly packageVersion: string | null;
  /** What the probe found when the executable was built; null if it could not run there. */
  readonly probed: Pick<UsableLibsrt, "version" | "aesGcm" | "warning"> | null;
  /** The oldest glibc that it can be loaded with, such as `2.36`; null: any. */
  readonly glibc: string | null;
}

/** Reads the description; null if there is no libsrt inside. */
export function describeEmbeddedLibsrt(folder: URL = FOLDER): EmbeddedDescription | null {
  const text = readInside(() => Deno.readTextFileSync(new URL("libsrt.json", folder)));
  return text === null ? null : JSON.parse(text);
}

/**
 * Prepares it for the children that are started from now on.
 *
 * @param folder What `deno task compile` filled: `libsrt.so.gz` and `libsrt.json`.
 * @returns Null if there is none inside.
 * @throws {OsError} No memory file can be made.
 */
export async function openEmbeddedLibsrt(libc: Libc, folder: URL = FOLDER): Promise<EmbeddedLibsrt | null> {
  const description = describeEmbeddedLibsrt(folder);
  const compressed = readInside(() => Deno.readFileSync(new URL("libsrt.so.gz", folder)));
  if (description === null || compressed === null) return null;
  const { gunzipSync } = await import("node:zlib");
  const content = new Uint8Array(gunzipSync(compressed, { chunkSize: MAX_BYTES }));
  return { file: openMemoryFile(libc, "libsrt.so", content), packageVersion: description.packageVersion };
}

/** Reads an embedded file. Returns null if it does not exist: the executable was compiled by hand, without a libsrt. */
function readInside<Content>(read: () => Content): Content | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
