/**
 * The libsrt inside the executable, as a file that children can load.
 *
 * `deno task compile` puts it there (scripts/compile.ts). The listener copies it once, into memory that all children share: this
 * leaves nothing on a disk, and works on a read-only system. The listener never loads it.
 *
 * Each process of an executable with the runtime of Deno 2.6 reads all embedded files into its memory. In such an executable,
 * libsrt is not an embedded file, but a part of the executable that Deno does not read. In others, it is a compressed file.
 *
 * @module
 */

import type { Libc } from "../os/libc.ts";
import { openMemoryFile } from "../os/memory_file.ts";
import type { EmbeddedLibsrt, UsableLibsrt } from "./contract.ts";

/** The folder where scripts/compile.ts puts libsrt and its description: `dist/inside` of the project. */
const FOLDER = new URL("../../dist/inside/", import.meta.url);

/** More bytes than any libsrt has, so that libsrt is decompressed in one step, which takes a third of the time. */
const MAX_BYTES = 2 ** 24;

/** The facts about the libsrt inside that scripts/compile.ts writes: `libsrt.json`. */
export interface EmbeddedDescription {
  /** Version of the distribution's package that it was linked from, or null. */
  readonly packageVersion: string | null;
  /** What the probe found when the executable was built; null if it could not run there. */
  readonly probed: Pick<UsableLibsrt, "version" | "aesGcm" | "warning"> | null;
  /** The oldest glibc that it can be loaded with, such as `2.36`; null: any. */
  readonly glibc: string | null;
  /** The bytes of the executable that are libsrt; absent if it is the file `libsrt.so.gz`. */
  readonly part?: { readonly offset: number; readonly bytes: number };
}

/** Reads the description; null if there is no libsrt inside. */
export function describeEmbeddedLibsrt(folder: URL = FOLDER): EmbeddedDescription | null {
  const text = readInside(() => Deno.readTextFileSync(new URL("libsrt.json", folder)));
  return text === null ? null : JSON.parse(text);
}

/**
 * Prepares the libsrt inside for the children that are started from now on.
 *
 * @param executable The file that this program was started from.
 * @param folder What `deno task compile` filled: `libsrt.json`, and `libsrt.so.gz` unless libsrt is a part of the executable.
 * @returns Null if there is none inside.
 * @throws {OsError} No memory file can be made.
 */
export async function openEmbeddedLibsrt(
  libc: Libc,
  { executable = Deno.execPath(), folder = FOLDER }: { readonly executable?: string; readonly folder?: URL } = {},
): Promise<EmbeddedLibsrt | null> {
  const description = describeEmbeddedLibsrt(folder);
  if (description === null) return null;
  const { part, packageVersion } = description;
  const content = part === undefined ? await decompress(folder) : readPart(executable, part);
  return content === null ? null : { file: openMemoryFile(libc, "libsrt.so", content), packageVersion };
}

async function decompress(folder: URL): Promise<Uint8Array<ArrayBuffer> | null> {
  const compressed = readInside(() => Deno.readFileSync(new URL("libsrt.so.gz", folder)));
  if (compressed === null) return null;
  const { gunzipSync } = await import("node:zlib");
  return new Uint8Array(gunzipSync(compressed, { chunkSize: MAX_BYTES }));
}

/** Reads a part of a file. @throws {Deno.errors.UnexpectedEof} The file ends before it. */
function readPart(
  path: string,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  file.seekSync(offset, Deno.SeekMode.Start);
  const content = new Uint8Array(bytes);
  for (let read = 0; read < bytes;) {
    const length = file.readSync(content.subarray(read));
    if (length === null) throw new Deno.errors.UnexpectedEof(`${path} has no libsrt at ${offset}`);
    read += length;
  }
  return content;
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
