/**
 * A lock on a folder, for processes that replace the same file in it.
 *
 * @module
 */

import { toCString } from "./libc.ts";
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
 * Runs `work` while it holds the lock of `folder`, and returns its result. Waits for the lock without a time limit, also for
 * other calls in this process. The lock ends with the process. On a file system without locks of folders, `work` runs without a
 * lock.
 */
export function withFolderLock<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const result = last.then(() => locked(folder, work));
  last = result.then(() => {}, () => {});
  return result;
}

/** This process waits for one lock at a time: each wait takes a thread, and `work` needs threads too. */
let last: Promise<void> = Promise.resolve();

async function locked<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const library = Deno.dlopen("libc.so.6", SYMBOLS);
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
