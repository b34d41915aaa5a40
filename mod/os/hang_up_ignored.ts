/**
 * Checks whether this process was started to outlive its terminal.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readProcFile } from "./proc.ts";

/**
 * Reports whether SIGHUP was ignored when this process started, as after `nohup`. Call this before `Deno.addSignalListener`:
 * when the first listener for any signal is added, Deno starts to handle SIGHUP too.
 */
export function isHangUpIgnored(libc: Libc): boolean {
  const [, mask = "0"] = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProcFile(libc, "/proc/self/status") ?? "") ?? [];
  return (BigInt(`0x${mask}`) & 1n) === 1n; // signal 1 has bit 0 (proc_pid_status(5))
}
