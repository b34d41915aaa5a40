/**
 * The numbers of `--max-sessions`, `--max-per-address` and `--max-per-stream`.
 *
 * @module
 */

import { UsageError } from "./usage_error.ts";

/** One port cannot tell more callers of one address apart. */
const MOST = 65_535;

/**
 * Reads a number of sessions, 1..65535.
 *
 * @param option How it is called where it was typed, such as `--max-sessions`.
 * @throws {UsageError} Where `text` is no such number
 */
export function parseLimit(text: string, option: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST) return count;
  throw new UsageError(`cannot use ${option} ${JSON.stringify(text)}`, {
    hint: `Give a whole number from 1 to ${MOST}, or leave it out for no limit.`,
  });
}
