/**
 * Stops one thread of another process, as an overloaded machine does; its other threads continue.
 *
 * @module
 */

import { listProcFolder } from "../../mod/os/proc.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { processFile } from "./processes.ts";

const libc = openLibc();
const { ptrace, waitpid } = Deno.dlopen("libc.so.6", {
  // long ptrace(enum __ptrace_request op, pid_t pid, void *addr, void *data);
  ptrace: { parameters: ["i32", "i32", "usize", "usize"], result: "i64" },
  // pid_t waitpid(pid_t pid, int *wstatus, int options);
  waitpid: { parameters: ["i32", "buffer", "i32"], result: "i32" },
}).symbols;

const PTRACE_DETACH = 17;
const PTRACE_SEIZE = 0x4206;
const PTRACE_INTERRUPT = 0x4207;
/** Waits for threads, too. */
const WAIT_ALL = 0x4000_0000;

/** A stopped thread; it continues when this is disposed of. */
export class HeldThread implements Disposable {
  readonly #thread: number;

  private constructor(thread: number) {
    this.#thread = thread;
  }

  /** Stops the thread of process `pid` whose name matches. Returns null if there is none or this user may not trace it. */
  static hold(pid: number, name: RegExp): HeldThread | null {
    const thread = listProcFolder(libc, `/proc/${pid}/task`).map(Number).find((thread) =>
      thread > 0 && name.test(processFile(pid, `task/${thread}/comm`))
    );
    if (thread === undefined || Number(ptrace(PTRACE_SEIZE, thread, 0n, 0n)) !== 0) return null;
    ptrace(PTRACE_INTERRUPT, thread, 0n, 0n);
    waitpid(thread, new Int32Array(1), WAIT_ALL);
    return new HeldThread(thread);
  }

  [Symbol.dispose](): void {
    ptrace(PTRACE_DETACH, this.#thread, 0n, 0n);
  }
}
