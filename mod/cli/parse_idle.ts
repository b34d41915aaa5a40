/**
 * The time of `--idle`.
 *
 * @module
 */

import { parseDuration } from "./parse_duration.ts";
import { UsageError } from "./usage_error.ts";

/** Our choice: an encoder takes some time from its call to its first picture. */
const LEAST_MS = 1000;

/** Our choice, and within what a timer can count (2^31 ms). */
const MOST_MS = 24 * 3_600_000;

/**
 * Reads a time in ms, 1 s to 24 h; 0 is "never".
 *
 * @throws {UsageError} Where `text` is no such time. A bare number other than 0 is one of those: seconds or ms, who knows
 */
export function parseIdle(text: string): number {
  const duration = parseDuration(text);
  if (duration?.value === 0) return 0;
  const ms = duration?.ms ?? null;
  if (ms !== null && ms >= LEAST_MS && ms <= MOST_MS) return ms;
  throw new UsageError(`cannot use --idle ${JSON.stringify(text)}`, {
    hint: "Write 30s or 5min (1s to 24h), or 0 for never.",
  });
}
