/**
 * Decides whether the free space on the disk of recordings is low. Pure.
 *
 * @module
 */

import type { DiskEvent } from "../vocabulary/events.ts";

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
