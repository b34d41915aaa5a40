/**
 * Reads `/proc` through the C library, because Deno's file functions require every permission for it.
 *
 * @module
 */

import { type Libc, toCString } from "./libc.ts";
import { O_CLOEXEC, O_RDONLY } from "./raw.ts";

/** Bytes read by one call. Our choice: most files of `/proc` are shorter, and a session reads one several times a second. */
const CHUNK_BYTES = 4096;
/** linux/fs.h */
const SEEK_SET = 0;

/** Returns the whole content of a file of `/proc` as text; null if it cannot be read. */
export function readProcFile(libc: Libc, path: string): string | null {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const isComplete = withOpen(libc, path, (descriptor) =>
    readAll(libc, { descriptor, call: "read" }, (chunk) => {
      chunks.push(decoder.decode(chunk, { stream: true }));
    }));
  return isComplete === true ? chunks.join("") : null;
}

/** Returns the target of a symbolic link; null if it cannot be read. */
export function readProcLink(libc: Libc, path: string): string | null {
  const target = new Uint8Array(4096);
  const length = Number(libc.symbols.readlink(toCString(path), target, BigInt(target.length)));
  return length < 0 ? null : new TextDecoder().decode(target.subarray(0, length));
}

/** Lists the names in a folder of `/proc`, `.` and `..` included; none if it cannot be read. */
export function listProcFolder(libc: Libc, path: string): readonly string[] {
  return withOpen(libc, path, (descriptor) => namesIn(libc, descriptor)) ?? [];
}

/** A folder of `/proc` that stays open, so that it can be listed even when no descriptor is free. */
export class ProcFolder implements Disposable {
  readonly #libc: Libc;
  readonly #descriptor: number;

  /** @throws {OsError} It cannot be opened. */
  constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.#descriptor = libc.symbols.open(toCString(path), O_RDONLY | O_CLOEXEC, 0);
    if (this.#descriptor < 0) throw libc.lastError(`cannot open ${path}`);
  }

  /** Lists the names that it has now, `.` and `..` included. */
  list(): readonly string[] {
    this.#libc.symbols.lseek(this.#descriptor, 0n, SEEK_SET);
    return namesIn(this.#libc, this.#descriptor);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#descriptor);
  }
}

function namesIn(libc: Libc, descriptor: number): readonly string[] {
  const names: string[] = [];
  readAll(libc, { descriptor, call: "getdents64" }, (chunk) => {
    names.push(...decodeDirectoryEntries(chunk));
  });
  return names;
}

/** Opens a path and applies `use` to its descriptor; null if it cannot be opened. */
function withOpen<Result>(libc: Libc, path: string, use: (descriptor: number) => Result): Result | null {
  const descriptor = libc.symbols.open(toCString(path), O_RDONLY | O_CLOEXEC, 0);
  if (descriptor < 0) return null;
  try {
    return use(descriptor);
  } finally {
    libc.symbols.close(descriptor);
  }
}

/** Returns false if reading failed. */
function readAll(
  libc: Libc,
  { descriptor, call }: { readonly descriptor: number; readonly call: "read" | "getdents64" },
  take: (chunk: Uint8Array<ArrayBuffer>) => void,
): boolean {
  const buffer = new Uint8Array(CHUNK_BYTES);
  while (true) {
    const length = Number(libc.symbols[call](descriptor, buffer, BigInt(buffer.length)));
    if (length <= 0) return length === 0;
    take(buffer.subarray(0, length));
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
