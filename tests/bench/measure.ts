/**
 * What a process costs, as the kernel counts it.
 *
 * @module
 */

import { processFile } from "../support/processes.ts";

/** `sysconf(_SC_CLK_TCK)` on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/** Processor time of a process and of its children that are over, user and system, in seconds. */
export function processorSeconds(pid: number): number {
  const stat = processFile(pid, "stat");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const ticks = fields.slice(11, 15).reduce((sum, value) => sum + value, 0); // utime, stime, cutime, cstime
  return ticks / TICKS_PER_SECOND;
}

/** Memory that ends with the process, in MB: private pages, written or not. */
export function privateMegabytes(pid: number): number {
  const rollup = processFile(pid, "smaps_rollup");
  const kilobytes = Array.from(rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm), ([, value]) => Number(value));
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] ?? NaN : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
