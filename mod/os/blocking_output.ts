/**
 * Writes to a descriptor that other processes share, such as stdout. Nonblocking mode would apply to those processes too, so it
 * is not used: a write may block, and runs on another thread.
 *
 * @module
 */

import { ERRNO, type Libc, LIBC_FILE } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { OUTPUT_SYMBOLS } from "./raw.ts";

/** Maximum bytes of one write. Our choice: the capacity of a pipe, so that progress is known after each write. */
const WRITE_BYTES = 65_536;
/**
 * Maximum bytes of the write that repeats a failed one to find the cause. A pipe that `poll(2)` reports as writable accepts this
 * many without blocking.
 */
const TRIAL_BYTES = 4096;
/** The longest wait for room in the pipe. */
const POLL_MS = 1000;

const POLLOUT = 0x4;

/** Writes to a descriptor that it does not own. */
export class BlockingOutput {
  readonly #libc: Libc;
  readonly #descriptor: number;
  readonly #library = openLibrary(LIBC_FILE, OUTPUT_SYMBOLS);

  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /**
   * Writes the beginning of `bytes`, which must not change meanwhile. Waits while the reader does not read.
   *
   * @returns Bytes written, 1 to 65536.
   * @throws {OsError} The write fails, for example with EPIPE because the reader has closed the pipe.
   */
  async write(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
    const length = Math.min(bytes.length, WRITE_BYTES);
    while (true) {
      const written = Number(await this.#library.symbols.write(this.#descriptor, bytes, BigInt(length)));
      if (written > 0) return written;
      // `errno` of the other thread cannot be read, so the write is repeated here: it fails again, unless there is room now
      if (!await this.#canWrite()) continue;
      const tried = Number(this.#libc.symbols.write(this.#descriptor, bytes, BigInt(Math.min(length, TRIAL_BYTES))));
      if (tried > 0) return tried;
      const errno = this.#libc.errno();
      if (errno !== ERRNO.EINTR && errno !== ERRNO.EAGAIN) throw this.#libc.lastError("cannot write to stdout");
    }
  }

  /**
   * Waits for room, up to {@linkcode POLL_MS}. Returns whether a write would not block now, because there is room or because it
   * fails.
   */
  async #canWrite(): Promise<boolean> {
    // struct pollfd { int fd; short events; short revents; }
    const request = new DataView(new ArrayBuffer(8));
    request.setInt32(0, this.#descriptor, true);
    request.setInt16(4, POLLOUT, true);
    await this.#library.symbols.poll(request, 1n, POLL_MS);
    return request.getInt16(6, true) !== 0;
  }
}
