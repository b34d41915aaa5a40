/**
 * What a process costs, as the kernel counts it.
 *
 * @module
 */

import { openLibc } from "../../mod/os/libc.ts";
import { listProcFolder } from "../../mod/os/proc.ts";
import { descendantsOf, processFile, waitUntil } from "../support/processes.ts";

const libc = openLibc();

/** `sysconf(_SC_CLK_TCK)` on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** How often it is checked whether a program is quiet. */
const QUIET_EACH_MS = 500;
/** The processor time that a quiet program and its children may use in that time, in ms. */
const QUIET_MS = 2;

/** Processor time of a process and of its children that have ended, user and system, in seconds. */
export function processorSeconds(pid: number): number {
  const stat = processFile(pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0); // utime, stime, cutime, cstime
  return ticks / TICKS_PER_SECOND;
}

/** Processor time of each thread that a process has now, in ms: finer than {@linkcode processorSeconds}. */
export function threadTimes(pid: number): ReadonlyMap<string, number> {
  const threads = listProcFolder(libc, `/proc/${pid}/task`).filter((name) => /^\d+$/.test(name));
  return new Map(threads.map((thread) => {
    return [thread, Number(processFile(pid, `task/${thread}/schedstat`).split(" ")[0]) / 1e6];
  }));
}

/** Processor time of all threads that a process has now, in ms, since an earlier {@linkcode threadTimes}, if one is given. */
export function threadsMs(pid: number, since: ReadonlyMap<string, number> = new Map()): number {
  // a thread that has ended since then is not counted
  return threadTimes(pid).entries().reduce((sum, [thread, ms]) => sum + ms - (since.get(thread) ?? 0), 0);
}

/**
 * Waits until a program and its children do nothing but wait, after the work that follows its start.
 *
 * @param maxMs Processor time that they may use in half a second, in ms. While sessions run, they use more than the default.
 */
export async function waitUntilQuiet(pid: number, maxMs: number = QUIET_MS): Promise<void> {
  const usedMs = () => [pid, ...descendantsOf(pid)].reduce((sum, process) => sum + threadsMs(process), 0);
  let before = -Infinity;
  await waitUntil("a quiet program", () => {
    const used = usedMs();
    const isQuiet = used - before < maxMs;
    before = used;
    return isQuiet;
  }, QUIET_EACH_MS);
}

/** Processor time of the children of this process that have ended, in ms. */
export function endedChildrenMs(): number {
  const stat = processFile("self", "stat");
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number).slice(13, 15);
  return (user + system) / TICKS_PER_SECOND * 1000;
}

/** Memory of a process and its descendants in MB of 2^20 bytes; a page that several processes share is divided among them (PSS). */
export function proportionalMegabytes(pid: number): number {
  const kilobytes = [pid, ...descendantsOf(pid)].map((process) =>
    Number(/^Pss:\s+(\d+) kB/m.exec(processFile(process, "smaps_rollup"))?.[1] ?? 0)
  );
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

/** Memory that is free again when the process ends, in MB of 2^20 bytes: private pages, written or not. */
export function privateMegabytes(pid: number): number {
  const rollup = processFile(pid, "smaps_rollup");
  const kilobytes = Array.from(rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm), ([, value]) => Number(value));
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

/** Returns the median, or NaN if there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
