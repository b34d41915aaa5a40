/**
 * Durations as people type them: `200ms`, `2s`, `1.5min`, `1h`.
 *
 * @module
 */

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 };

/** A duration out of text. */
export interface ParsedDuration {
  /** In the unit that was typed, or the bare number. 0 or more. */
  readonly value: number;
  /** Whole ms, 0 or more; null where the text was a bare number, whose unit the option decides. */
  readonly ms: number | null;
}

/** Reads `text`; null where it is neither a number of 0 or more nor one with a unit out of ms, s, min (or m) and h. */
export function parseDuration(text: string): ParsedDuration | null {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim());
  const [, digits, unit] = match ?? [];
  if (digits === undefined || unit === undefined) return null;
  const value = Number(digits);
  if (unit === "") return { value, ms: null };
  const factor = MS_PER_UNIT[unit.toLowerCase()];
  return factor === undefined ? null : { value, ms: Math.round(value * factor) };
}
