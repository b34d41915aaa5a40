/**
 * The time of day in front of a line.
 *
 * @module
 */

/**
 * Formats an event's time as `14:03:07`.
 *
 * @param time RFC 3339; what is no time is given as `--:--:--`
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
