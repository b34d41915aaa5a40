/**
 * Reads `/proc` through the C library, because Deno's file functions require every permission for it.
 *
 * @module
 */

import { type Libc, toCString } from "./libc.ts";
import { O_CLOEXEC, O_RDONLY } from "./raw.ts";

/** Bytes read by one call. Our choice: most files of `/proc` are shorter, and a session reads one several times a second. */
const CHUNK_BYTES = 4096;

/** Returns the whole content of a file of `/proc` as text; null if it cannot be read. */
export function readProcFile(libc: Libc, path: string): string | null {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const complete = readAll(libc, { path, call: "read" }, (chunk) => {
    chunks.push(decoder.decode(chunk, { stream: true }));
  });
  return complete ? chunks.join("") : null;
}

/** Returns the target of a symbolic link; null if it cannot be read. */
export function readProcLink(libc: Libc, path: string): string | null {
  const target = new Uint8Array(4096);
  const length = Number(libc.symbols.readlink(toCString(path), target, BigInt(target.length)));
  return length < 0 ? null : new TextDecoder().decode(target.subarray(0, length));
}

/** Lists the names in a folder of `/proc`, `.` and `..` included; none if it cannot be read. */
export function listProcFolder(libc: Libc, path: string): readonly string[] {
  const names: string[] = [];
  readAll(libc, { path, call: "getdents64" }, (chunk) => {
    names.push(...decodeDirectoryEntries(chunk));
  });
  return names;
}

function readAll(
  libc: Libc,
  source: { readonly path: string; readonly call: "read" | "getdents64" },
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
): boolean {
  const descriptor = libc.symbols.open(toCString(source.path), O_RDONLY | O_CLOEXEC, 0);
  if (descriptor < 0) return false;
  const buffer = new Uint8Array(CHUNK_BYTES);
  try {
    while (true) {
      const length = Number(libc.symbols[source.call](descriptor, buffer, BigInt(buffer.length)));
      if (length <= 0) return length === 0;
      take(buffer.subarray(0, length));
    }
  } finally {
    libc.symbols.close(descriptor);
  }
}

/** `struct linux_dirent64`: ino 8, off 8, reclen 2, type 1, then the name with a NUL (`getdents64(2)`). */
function decodeDirectoryEntries(chunk: Uint8Array<ArrayBuffer>): readonly string[] {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const names: string[] = [];
  for (let offset = 0; offset < chunk.length; offset += view.getUint16(offset + 16, true)) {
    const start = offset + 19;
    names.push(new TextDecoder().decode(chunk.subarray(start, chunk.indexOf(0, start))));
  }
  return names;
}
