/**
 * Rates as people read them.
 *
 * @module
 */

import { formatQuantity } from "./format_quantity.ts";

/** Formats `bitsPerSecond` (0 or more) as `12.4 Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  return formatQuantity(bitsPerSecond, "bit/s");
}
