/**
 * Processes as `/proc` shows them.
 *
 * @module
 */

import { openLibc } from "../../mod/os/libc.ts";
import { listProcFolder, readProcFile } from "../../mod/os/proc.ts";
import { DEADLINE_MS } from "./deadline.ts";

const libc = openLibc();

/** The fields of `/proc/PID/stat` that tests read. */
export interface ProcessStatus {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  /** Threads that have not ended. The first one counts until the parent has read the exit status of the process. */
  readonly threads: number;
}

/** Status of a process, or null if there is none. */
export function processStatus(pid: number): ProcessStatus | null {
  const stat = readProcFile(libc, `/proc/${pid}/stat`);
  if (stat === null) return null;
  const [state = "", parent, , session, , , , , , , , , , , , , , threads] = stat.slice(stat.lastIndexOf(")") + 2)
    .split(" ");
  return { state, parent: Number(parent), session: Number(session), threads: Number(threads) };
}

/** Processes that `pid` started and that have not ended. */
export function childrenOf(pid: number): readonly number[] {
  const all = listProcFolder(libc, "/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  return all.filter((child) => processStatus(child)?.parent === pid);
}

/** The children of `pid`, their children, and so on. */
export function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** A file of `/proc/PID` as text, including its NUL bytes. */
export function processFile(pid: number | "self", name: string): string {
  return readProcFile(libc, `/proc/${pid}/${name}`) ?? "";
}

/** Memory that is in use (`VmRSS`), in MB of 2^20 bytes. */
export function memoryMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(processFile(pid, "status"))?.[1]) / 1024;
}

/** Number of open descriptors. */
export function descriptorsOf(pid: number): number {
  return listProcFolder(libc, `/proc/${pid}/fd`).filter((name) => /^\d+$/.test(name)).length;
}

/** Waits until a process has ended. */
export async function waitUntilGone(pid: number): Promise<void> {
  await waitUntil(`the end of process ${pid}`, () => {
    const status = processStatus(pid);
    // other threads may still hold files and locks when the first one has ended
    return status === null || status.state === "Z" && status.threads <= 1;
  });
}

/** Waits until something holds; checks it every `checkMs`. */
export async function waitUntil(what: string, holds: () => boolean, checkMs = 20): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`cannot wait longer than ${DEADLINE_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, checkMs));
  }
}
