/**
 * Counts of things as people read them.
 *
 * @module
 */

/** Formats `1 packet`, `2 packets`; `noun` is one that takes an s. */
export function formatCount(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
