/**
 * The interval of `--stats`.
 *
 * @module
 */

import { parseDuration } from "./parse_duration.ts";
import { UsageError } from "./usage_error.ts";

/** Our choice: shorter ones say nothing new, as rates are measured over the interval. */
const LEAST_MS = 100;

/** Our choice, and within what a timer can count (2^31 ms). */
const MOST_MS = 24 * 3_600_000;

/**
 * Reads an interval in ms, 100 ms to 24 h; null for 0, which is "never".
 *
 * @throws {UsageError} Where `text` is no such interval. A bare number other than 0 is one of those: seconds or ms, who knows
 */
export function parseStatsInterval(text: string): number | null {
  const duration = parseDuration(text);
  if (duration?.value === 0) return null;
  const ms = duration?.ms ?? null;
  if (ms !== null && ms >= LEAST_MS && ms <= MOST_MS) return ms;
  const problem = duration === null
    ? "that is no duration"
    : ms === null
    ? "it needs a unit"
    : ms < LEAST_MS
    ? "that is too often"
    : "that is too seldom";
  throw new UsageError(`cannot use --stats ${JSON.stringify(text)}: ${problem}`, {
    hint: "Write 5s, 500ms or 1min (100ms to 24h), or 0 for never.",
  });
}
