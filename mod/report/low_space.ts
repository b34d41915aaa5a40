/**
 * The free space on the disk of recordings: whether it is low, and as text. Pure.
 *
 * @module
 */

import type { DiskEvent } from "../vocabulary/events.ts";
import { formatBytes, formatDuration } from "./format.ts";

/** What is shown in place of the folder and its free space if nothing is recorded. */
export const NOT_RECORDING = "NOT RECORDING (no --out)";

/** Below this fraction of the disk, the free space is low. */
const LOW_FRACTION = 0.1;
/** If the free space lasts for less than this time, it is low. */
const LOW_MS = 3_600_000;

/** Reports whether less than 10 % of the disk is free. `factor`: raises this limit. */
export function isLowBySize(
  { freeBytes, totalBytes }: Pick<DiskEvent, "freeBytes" | "totalBytes">,
  factor = 1,
): boolean {
  return freeBytes < totalBytes * LOW_FRACTION * factor;
}

/** Reports whether the free space lasts for less than an hour. `factor`: raises this limit. */
export function isLowByTime({ leftMs }: Pick<DiskEvent, "leftMs">, factor = 1): boolean {
  return leftMs !== null && leftMs < LOW_MS * factor;
}

/** Reports whether the free space is low by size or by time. */
export function isSpaceLow(disk: Pick<DiskEvent, "freeBytes" | "totalBytes" | "leftMs">): boolean {
  return isLowBySize(disk) || isLowByTime(disk);
}

/**
 * Formats the free space: `412 GB free, 9 h 00 min left at this rate`, `1.0 GB free: no session begins`, or only `412 GB free`.
 */
export function spaceText({ freeBytes, leftMs }: Pick<DiskEvent, "freeBytes" | "leftMs">): string {
  const free = `${formatBytes(freeBytes)} free`;
  if (leftMs === 0) return `${free}: no session begins`;
  return leftMs === null ? free : `${free}, ${formatDuration(leftMs)} left at this rate`;
}
