/**
 * Creates files without blocking the JavaScript thread.
 *
 * Deno's asynchronous file operations run on threads of their own, except one: `Deno.open` waits for the disk on the thread that
 * calls it (seen in 2.6.8 and 2.9.6 on a frozen file system).
 *
 * @module
 */

import { toCString } from "./libc.ts";
import { O_CLOEXEC } from "./raw.ts";

/** C declarations of Linux man-pages 6.03, section 2; `nonblocking` runs the call on a thread of its own. */
const SYMBOLS = {
  // int open(const char *pathname, int flags, ... /* mode_t mode */);
  open: { parameters: ["buffer", "i32", "u32"], result: "i32", nonblocking: true },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32", nonblocking: true },
} as const;

// the same on x86_64 and aarch64
const O_WRONLY = 0o1;
const O_CREAT = 0o100;
/** With O_CREAT: fails if anything has that name, also a broken symbolic link. */
const O_EXCL = 0o200;
/** Permissions before the umask is applied; the same as in `Deno.open`. */
const MODE = 0o666;

/**
 * Creates `path`, which must not exist, and opens it for writing. If another program replaces it in between, that file is
 * opened only if it is empty, so that nothing is overwritten.
 *
 * @throws {Error} The error of `Deno.openSync`, with the system's `code`.
 */
export async function createNewFile(path: string): Promise<Deno.FsFile> {
  const libc = Deno.dlopen("libc.so.6", SYMBOLS);
  const name = toCString(path);
  try {
    const descriptor = await libc.symbols.open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, MODE);
    // `errno` stayed on the other thread; this call fails at once for the same reason
    if (descriptor < 0) return Deno.openSync(path, { write: true, createNew: true });
    await libc.symbols.close(descriptor);
  } finally {
    libc.close();
  }
  return await openEmpty(path);
}

/** Opens the file that was created. This writes nothing to the disk, and so does not wait for a frozen one. */
async function openEmpty(path: string): Promise<Deno.FsFile> {
  const file = Deno.openSync(path, { write: true });
  try {
    const [{ size }, { isFile }] = await Promise.all([file.stat(), Deno.lstat(path)]);
    if (size === 0 && isFile) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  throw new Deno.errors.AlreadyExists(`another program replaced the file: open '${path}'`);
}
