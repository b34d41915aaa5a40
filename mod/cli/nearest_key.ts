/**
 * Finds the key or option that a mistyped one was probably meant to be.
 *
 * @module
 */

import leven from "leven";

/** With more changes it is another word. Our choice. */
const MAX_CHANGES = 3;

/**
 * Returns the most similar key that needs at most 3 changes, and fewer changes than half the number of its characters. If there
 * is none, the key whose first words are similar in this way (`pasphrase` for `passphrase-file`). Otherwise null.
 */
export function nearestKey(typed: string, keys: readonly string[]): string | null {
  const whole = keys.map((key) => ({ key, text: key }));
  return nearest(typed, whole) ?? nearest(typed, keys.flatMap(beginningsOf));
}

/** A key, and its whole text or its first words, to compare with what was typed. */
interface Candidate {
  readonly key: string;
  readonly text: string;
}

function beginningsOf(key: string): readonly Candidate[] {
  const words = key.split("-");
  return words.slice(1).map((_, index) => ({ key, text: words.slice(0, index + 1).join("-") }));
}

function nearest(typed: string, candidates: readonly Candidate[]): string | null {
  let best: { readonly key: string; readonly changes: number } | null = null;
  for (const { key, text } of candidates) {
    const changes = changesBetween(typed, text);
    if (changes <= MAX_CHANGES && changes * 2 < text.length && (best === null || changes < best.changes)) {
      best = { key, changes };
    }
  }
  return best?.key ?? null;
}

/**
 * Counts characters to add, remove or replace. Two swapped neighbors count as one change, because they are one typing mistake.
 */
function changesBetween(typed: string, meant: string): number {
  // also bounds the work for a long text
  if (Math.abs(typed.length - meant.length) > MAX_CHANGES) return Infinity;
  const swapped = Array.from(
    typed.slice(1),
    (next, index) => `${typed.slice(0, index)}${next}${typed[index]}${typed.slice(index + 2)}`,
  );
  return Math.min(leven(typed, meant), ...swapped.map((text) => 1 + leven(text, meant)));
}
