/**
 * Formats the values that lines and tables show: amounts, rates, counts, durations, times of day, addresses.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";

const PREFIXES = ["", "k", "M", "G", "T"] as const;

const SECONDS_PER_MINUTE = 60;
const SECONDS_PER_HOUR = 3600;
const SECONDS_PER_DAY = 86_400;

/** Formats `bytes` as `37.5 MB`; 1 MB is 1,000,000 bytes. A negative or infinite value counts as 0. */
export function formatBytes(bytes: number): string {
  return formatQuantity(bytes, "B");
}

/** Formats `bitsPerSecond` as `12.4 Mbit/s`. A negative or infinite value counts as 0. */
export function formatRate(bitsPerSecond: number): string {
  return formatQuantity(bitsPerSecond, "bit/s");
}

/** Formats `1 packet`, `2 packets`; `noun`: its plural must be formed with an s. */
export function formatCount(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}

/**
 * Formats a duration by its two largest units: `3.4 s`, `42 s`, `1 min 02 s`, `1 h 02 min`, `2 d 03 h`.
 *
 * @param ms Duration; a negative or infinite value counts as 0
 */
export function formatDuration(ms: number): string {
  const exact = validOrZero(ms) / 1000;
  // 9.95 rounds to 10.0, which is formatted as 10.
  if (exact < 9.95) return `${exact.toFixed(1)} s`;
  const seconds = Math.round(exact);
  if (seconds < SECONDS_PER_MINUTE) return `${seconds} s`;
  if (seconds < SECONDS_PER_HOUR) return pair(seconds, { large: SECONDS_PER_MINUTE, names: ["min", "s"], small: 1 });
  if (seconds < SECONDS_PER_DAY) {
    return pair(seconds, { large: SECONDS_PER_HOUR, names: ["h", "min"], small: SECONDS_PER_MINUTE });
  }
  return pair(seconds, { large: SECONDS_PER_DAY, names: ["d", "h"], small: SECONDS_PER_HOUR });
}

/**
 * Formats the time of day of an event as `14:03:07`.
 *
 * @param time RFC 3339; anything else becomes `--:--:--`
 * @param options `utc`: in UTC rather than local time
 */
export function formatClock(time: string, options: { readonly utc: boolean }): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return "--:--:--";
  const parts = options.utc
    ? [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    : [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

/** Formats a list as `a, b and 3 more`; at most `max` items are named. */
export function formatList(items: readonly string[], max: number): string {
  const more = items.length - max;
  return items.slice(0, max).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Formats `endpoint` as in a URI: `192.0.2.7:9000` or `[::1]:9000`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Formats a value with an SI prefix (powers of 1000) and about three significant digits. */
function formatQuantity(value: number, unit: string): string {
  let scaled = validOrZero(value);
  let step = 0;
  // 999.5 rounds to 1000, which is 1.0 with the next prefix.
  while (scaled >= 999.5 && step < PREFIXES.length - 1) {
    scaled /= 1000;
    step++;
  }
  // 99.95 rounds to 100.0, which is one digit too many.
  const places = step === 0 || scaled >= 99.95 ? 0 : 1;
  return `${scaled.toFixed(places)} ${PREFIXES[step]}${unit}`;
}

function pair(
  seconds: number,
  units: { readonly large: number; readonly small: number; readonly names: readonly [string, string] },
): string {
  const whole = Math.floor(seconds / units.large);
  // Rounded down, as on a clock: 1 h 59 min 59 s is not two hours.
  const rest = Math.floor((seconds % units.large) / units.small);
  return `${whole} ${units.names[0]} ${String(rest).padStart(2, "0")} ${units.names[1]}`;
}

function validOrZero(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** Returns the mean rate of `bytes` in `durationMs`, in bit/s; 0 for no time. */
export function bitsPerSecond(bytes: number, durationMs: number): number {
  return durationMs > 0 ? Math.round(bytes * 8000 / durationMs) : 0;
}
