/**
 * Checks whether a process holds an exclusive lock on a file, as a session does while it records: `recover` does not change the
 * sidecar of such a file.
 *
 * @module
 */

import { ERRNO, type Libc, LIBC_FILE, toCString } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { O_CLOEXEC, O_RDONLY } from "./raw.ts";

const LOCK_SH = 1;
const LOCK_NB = 4;

/**
 * Reports whether a process holds an exclusive lock on a file. It does not wait, and holds no lock afterwards. Deno's own
 * `FsFile.tryLock` would be enough, but does not exist in 2.6.
 *
 * @throws {OsError}
 */
export function isLocked(libc: Libc, path: string): boolean {
  const descriptor = libc.symbols.open(toCString(path), O_RDONLY | O_CLOEXEC, 0);
  if (descriptor < 0) throw libc.lastError(`cannot open ${path}`);
  try {
    if (libc.symbols.flock(descriptor, LOCK_SH | LOCK_NB) === 0) return false;
    if (libc.errno() === ERRNO.EAGAIN) return true;
    throw libc.lastError(`cannot check the lock of ${path}`);
  } finally {
    libc.symbols.close(descriptor);
  }
}

const SYMBOLS = {
  // int open(const char *path, int flags, ...);
  open: { parameters: ["buffer", "i32"], result: "i32", nonblocking: true },
  // int flock(int fd, int operation);
  flock: { parameters: ["i32", "i32"], result: "i32", nonblocking: true },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32", nonblocking: true },
} as const;

/**
 * As {@linkcode isLocked}, but on another thread: a disk that does not answer blocks nothing else. Also returns true if the file
 * cannot be opened or its lock cannot be checked: `errno` stays on the other thread, so the cause of a failure is not known here.
 */
export async function mayBeLocked(path: string): Promise<boolean> {
  const library = openLibrary(LIBC_FILE, SYMBOLS);
  const { symbols } = library;
  try {
    const descriptor = await symbols.open(toCString(path), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return true;
    const result = await symbols.flock(descriptor, LOCK_SH | LOCK_NB);
    await symbols.close(descriptor);
    return result !== 0;
  } finally {
    library.close();
  }
}
