/**
 * When a recording is due to continue in a new file.
 *
 * @module
 */

/** When new files are due, as the operator set it. If nothing is set, a recording has one file. */
export interface SegmentRules {
  /** Length of a file in ms, or null. */
  readonly everyMs: number | null;
  /** Whether `everyMs` counts from midnight instead of the start of the recording. */
  readonly isAligned: boolean;
  /** Times of day in ms after midnight, 0 to 86,399,999. */
  readonly atMs: readonly number[];
  /** Size of a file in bytes, or null. */
  readonly bytes: number | null;
  /** Whether midnight is that of UTC rather than of local time. */
  readonly utc: boolean;
}

/**
 * Returns the next time after `nowMs` at which a new file is due; Infinity if time does not matter.
 *
 * @param times `startMs`: start of the recording. Both in ms since the epoch.
 */
export function nextDueMs(
  rules: SegmentRules,
  { startMs, nowMs }: { readonly startMs: number; readonly nowMs: number },
): number {
  const { everyMs, isAligned, atMs, utc } = rules;
  const times = atMs.map((ms) => timeOfDayAfter(nowMs, ms, utc));
  if (everyMs !== null) {
    times.push(isAligned ? alignedAfter(nowMs, everyMs, utc) : multipleAfter(nowMs, startMs, everyMs));
  }
  return Math.min(...times);
}

/** Returns the first of `originMs`, `originMs` + `everyMs`, ... after `nowMs`. */
function multipleAfter(nowMs: number, originMs: number, everyMs: number): number {
  return originMs + (Math.floor((nowMs - originMs) / everyMs) + 1) * everyMs;
}

/** The same with the last midnight as origin. The next midnight is a boundary, too. */
function alignedAfter(nowMs: number, everyMs: number, utc: boolean): number {
  const nextDayMs = timeOfDayAfter(nowMs, 0, utc);
  return Math.min(multipleAfter(nowMs, midnightBefore(nowMs, utc), everyMs), nextDayMs);
}

/** Returns the time `ms` after midnight of today, or of tomorrow if that time has passed. A day may have 23 or 25 hours. */
function timeOfDayAfter(nowMs: number, ms: number, utc: boolean): number {
  const today = onDayOf(nowMs, { ms, utc });
  return today > nowMs ? today : onDayOf(nowMs, { ms, utc, days: 1 });
}

function midnightBefore(nowMs: number, utc: boolean): number {
  return onDayOf(nowMs, { ms: 0, utc });
}

/** Returns the time at which the clock shows `ms` after midnight, on the day of `nowMs` or `days` later. */
function onDayOf(
  nowMs: number,
  { ms, utc, days = 0 }: { readonly ms: number; readonly utc: boolean; readonly days?: number },
): number {
  const now = new Date(nowMs);
  return utc
    ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, 0, 0, 0, ms)
    : new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 0, 0, 0, ms).getTime();
}
