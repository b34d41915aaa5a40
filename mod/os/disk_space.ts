/**
 * Reads how much room a file system has, without blocking the JavaScript thread.
 *
 * @module
 */

import { LIBC_FILE, toCString } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";

const SYMBOLS = {
  // int statvfs(const char *restrict path, struct statvfs *restrict buf);
  statvfs: { parameters: ["buffer", "buffer"], result: "i32", nonblocking: true },
} as const;

/** Size and offsets of `struct statvfs` (glibc `bits/statvfs.h`), the same on x86_64 and aarch64; the fields have 64 bits. */
const STATVFS = { bytes: 112, frsize: 8, blocks: 16, bavail: 32, files: 40, favail: 56, fsid: 64 } as const;

/** The room on one file system. */
export interface DiskSpace {
  /** Bytes that this user may still use. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** Files that this user may still create; null if the file system does not limit them. */
  readonly freeFiles: number | null;
  /** Identifies the file system. For some types, the ID stays the same when the device number changes. 0 if there is none. */
  readonly id: bigint;
}

/** Reads the room on the file system that holds `path`. Returns null if the system call fails. */
export async function readDiskSpace(path: string): Promise<DiskSpace | null> {
  const libc = openLibrary(LIBC_FILE, SYMBOLS);
  const name = toCString(path);
  const buffer = new Uint8Array(STATVFS.bytes);
  try {
    if (await libc.symbols.statvfs(name, buffer) !== 0) return null;
  } finally {
    libc.close();
  }
  const view = new DataView(buffer.buffer);
  const number = (offset: number) => Number(view.getBigUint64(offset, true));
  return {
    freeBytes: number(STATVFS.bavail) * number(STATVFS.frsize),
    totalBytes: number(STATVFS.blocks) * number(STATVFS.frsize),
    freeFiles: number(STATVFS.files) === 0 ? null : number(STATVFS.favail),
    id: view.getBigUint64(STATVFS.fsid, true),
  };
}
