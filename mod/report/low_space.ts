/**
 * When the free space on a disk of recordings is low.
 *
 * @module
 */

import type { DiskEvent } from "../vocabulary/events.ts";

/** Below this fraction of the disk, the free space is low. */
const LOW_FRACTION = 0.1;
/** If sessions end for lack of space before this time is over, the free space is low. */
const LOW_MS = 3_600_000;

/** Reports whether less than 10 % of the disk is free. `factor`: for a limit that is larger by it. */
export function isLowBySize(
  { freeBytes, totalBytes }: Pick<DiskEvent, "freeBytes" | "totalBytes">,
  factor = 1,
): boolean {
  return freeBytes < totalBytes * LOW_FRACTION * factor;
}

/** Reports whether there is space for less than an hour. `factor`: for a limit that is larger by it. */
export function isLowByTime({ leftMs }: Pick<DiskEvent, "leftMs">, factor = 1): boolean {
  return leftMs !== null && leftMs < LOW_MS * factor;
}
