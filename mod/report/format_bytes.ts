/**
 * Amounts of bytes as people read them.
 *
 * @module
 */

import { formatQuantity } from "./format_quantity.ts";

/** Formats `bytes` (0 or more) as `37.5 MB`; 1 MB is 1,000,000 bytes. */
export function formatBytes(bytes: number): string {
  return formatQuantity(bytes, "B");
}
