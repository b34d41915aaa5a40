/**
 * Numbers as people read them: three significant places or so, and an SI prefix.
 *
 * @module
 */

const PREFIXES = ["", "k", "M", "G", "T"] as const;

/**
 * Formats `value` with an SI prefix (powers of 1000): `37.5 MB`, `850 kB`, `12 B`.
 *
 * @param value 0 or more; what is not finite or negative counts as 0, as a report must not fail on a broken number
 * @param unit Unit without prefix: `B`, `bit/s`
 */
export function formatQuantity(value: number, unit: string): string {
  let scaled = Number.isFinite(value) && value > 0 ? value : 0;
  let step = 0;
  // 999.5 rounds to 1000, which is the next prefix's 1.0.
  while (scaled >= 999.5 && step < PREFIXES.length - 1) {
    scaled /= 1000;
    step++;
  }
  // 99.95 rounds to 100.0, one place too many.
  const places = step === 0 || scaled >= 99.95 ? 0 : 1;
  return `${scaled.toFixed(places)} ${PREFIXES[step]}${unit}`;
}
