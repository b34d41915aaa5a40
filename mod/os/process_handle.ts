/**
 * A process that this process has not started, with a descriptor (`pidfd_open(2)`, Linux 5.3) that always refers to the same
 * process, even if its ID is reused later.
 *
 * @module
 */

import { ERRNO, type Libc, LIBC_FILE } from "./libc.ts";
import { type OpenLibrary, openLibrary } from "./library_functions.ts";
import { CONTROL_SYMBOLS } from "./raw.ts";

/** Numbers of system calls: the same on every architecture since Linux 5.1 (`asm-generic/unistd.h`). */
const SYS_PIDFD_SEND_SIGNAL = 424n;
const SYS_PIDFD_OPEN = 434n;
const SIGKILL = 9n;

type ControlLibrary = OpenLibrary<typeof CONTROL_SYMBOLS>;

/** Owns its descriptor until it is closed. */
export class ProcessHandle implements Disposable {
  readonly #libc: Libc;
  readonly #library: ControlLibrary;
  #descriptor: number;

  private constructor(libc: Libc, library: ControlLibrary, descriptor: number) {
    this.#libc = libc;
    this.#library = library;
    this.#descriptor = descriptor;
  }

  /**
   * Opens a process. Returns null if it has ended.
   *
   * @throws {OsError} No descriptor is left, or the kernel does not offer or allow the call.
   */
  static open(libc: Libc, pid: number): ProcessHandle | null {
    const library = openLibrary(LIBC_FILE, CONTROL_SYMBOLS);
    const descriptor = Number(library.symbols.syscall(SYS_PIDFD_OPEN, BigInt(pid), 0n, 0n, 0n));
    if (descriptor >= 0) return new ProcessHandle(libc, library, descriptor);
    const hasEnded = libc.errno() === ERRNO.ESRCH;
    const error = libc.lastError("pidfd_open");
    library.close();
    if (hasEnded) return null;
    throw error;
  }

  /** Can be read once the process has ended. The handle still owns it. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Sends SIGKILL. Does nothing if the process has ended. */
  kill(): void {
    if (this.#descriptor < 0) return;
    this.#library.symbols.syscall(SYS_PIDFD_SEND_SIGNAL, BigInt(this.#descriptor), SIGKILL, 0n, 0n);
  }

  /** Closes the descriptor. Idempotent. */
  close(): void {
    if (this.#descriptor >= 0) this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    this.#library.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
