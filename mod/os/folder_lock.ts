/**
 * A lock on a folder, for processes that replace the same file in it.
 *
 * @module
 */

import { LIBC_FILE, toCString } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { O_CLOEXEC, O_RDONLY } from "./raw.ts";

const LOCK_EX = 2;

/** C declarations of Linux man-pages 6.03, section 2; `nonblocking` runs the call on another thread. */
const SYMBOLS = {
  // int open(const char *pathname, int flags, ...);
  open: { parameters: ["buffer", "i32"], result: "i32", nonblocking: true },
  // int flock(int fd, int operation);
  flock: { parameters: ["i32", "i32"], result: "i32", nonblocking: true },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32", nonblocking: true },
} as const;

/**
 * Runs `work` while it holds the lock of `folder`, and returns its result. Waits without a time limit for earlier calls in this
 * process and then for the lock. If the process ends, the kernel releases the lock. If the folder cannot be opened or its file
 * system has no such locks, `work` runs without one.
 */
export function withFolderLock<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const result = last.then(() => locked(folder, work));
  last = result.then(() => {}, () => {});
  return result;
}

/**
 * The end of the latest call. Calls run one after the other: each wait for a lock takes a thread, of which a process
 * has a limited number, and `work` needs threads too.
 */
let last: Promise<void> = Promise.resolve();

async function locked<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const library = openLibrary(LIBC_FILE, SYMBOLS);
  const { symbols } = library;
  try {
    const descriptor = await symbols.open(toCString(folder), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return await work();
    try {
      await symbols.flock(descriptor, LOCK_EX);
      return await work();
    } finally {
      await symbols.close(descriptor);
    }
  } finally {
    library.close();
  }
}
