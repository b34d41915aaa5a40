/**
 * A process that this process has not started, with a descriptor (`pidfd_open(2)`, Linux 5.3) that never refers to another process,
 * even if one gets the same ID later.
 *
 * @module
 */

import { type Libc, LIBC_FILE } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { CONTROL_SYMBOLS } from "./raw.ts";

/** Numbers of system calls: the same on every architecture since Linux 5.1 (`asm-generic/unistd.h`). */
const SYS_PIDFD_SEND_SIGNAL = 424n;
const SYS_PIDFD_OPEN = 434n;
const SIGKILL = 9n;

/** Owns its descriptor until it is closed. */
export class ProcessHandle implements Disposable {
  readonly #libc: Libc;
  readonly #library = openLibrary(LIBC_FILE, CONTROL_SYMBOLS);
  #descriptor: number;

  private constructor(libc: Libc, pid: number) {
    this.#libc = libc;
    this.#descriptor = Number(this.#library.symbols.syscall(SYS_PIDFD_OPEN, BigInt(pid), 0n, 0n, 0n));
  }

  /** Opens a process. Returns null if it has ended, if no descriptor is left, or if the kernel does not offer or allow the call. */
  static open(libc: Libc, pid: number): ProcessHandle | null {
    const handle = new ProcessHandle(libc, pid);
    if (handle.#descriptor >= 0) return handle;
    handle.close();
    return null;
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
