/**
 * Durations as people read them.
 *
 * @module
 */

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;

/**
 * Formats a duration by its two largest units: `3.4 s`, `42 s`, `1 min 02 s`, `1 h 02 min`, `2 d 03 h`.
 *
 * @param ms 0 or more; what is not finite or negative counts as 0, as a report must not fail on a broken number
 */
export function formatDuration(ms: number): string {
  const exact = Number.isFinite(ms) && ms > 0 ? ms / 1000 : 0;
  // 9.95 rounds to 10.0, which is written 10.
  if (exact < 9.95) return `${exact.toFixed(1)} s`;
  const seconds = Math.round(exact);
  if (seconds < SECONDS_PER_MINUTE) return `${seconds} s`;
  if (seconds < SECONDS_PER_HOUR) return pair(seconds, { large: SECONDS_PER_MINUTE, names: ["min", "s"], small: 1 });
  if (seconds < SECONDS_PER_DAY) {
    return pair(seconds, { large: SECONDS_PER_HOUR, names: ["h", "min"], small: SECONDS_PER_MINUTE });
  }
  return pair(seconds, { large: SECONDS_PER_DAY, names: ["d", "h"], small: SECONDS_PER_HOUR });
}

function pair(
  seconds: number,
  units: { readonly large: number; readonly small: number; readonly names: readonly [string, string] },
): string {
  const whole = Math.floor(seconds / units.large);
  // Rounded down, as a clock does: 1 h 59 min 59 s is not yet two hours.
  const rest = Math.floor((seconds % units.large) / units.small);
  return `${whole} ${units.names[0]} ${String(rest).padStart(2, "0")} ${units.names[1]}`;
}
