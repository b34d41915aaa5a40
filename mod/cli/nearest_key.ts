/**
 * The key, or the option, that was probably meant.
 *
 * @module
 */

import { distance } from "fastest-levenshtein";

/** Our choice: with more changes it is another word. */
const MOST_CHANGES = 3;

/**
 * The most similar of the keys: at most 3 changes, and fewer than half of its characters. Where none is, the one whose first words
 * are (`pasphrase` for `passphrase-file`). Otherwise null.
 */
export function nearestKey(typed: string, keys: readonly string[]): string | null {
  const whole = keys.map((key) => ({ key, form: key }));
  return nearest(typed, whole) ?? nearest(typed, keys.flatMap(beginningsOf));
}

/** One text that stands for a key. */
interface Form {
  readonly key: string;
  readonly form: string;
}

function beginningsOf(key: string): readonly Form[] {
  const words = key.split("-");
  return words.slice(1).map((_, index) => ({ key, form: words.slice(0, index + 1).join("-") }));
}

function nearest(typed: string, forms: readonly Form[]): string | null {
  let best: { readonly key: string; readonly changes: number } | null = null;
  for (const { key, form } of forms) {
    const changes = changesBetween(typed, form);
    if (changes <= MOST_CHANGES && changes * 2 < form.length && (best === null || changes < best.changes)) {
      best = { key, changes };
    }
  }
  return best?.key ?? null;
}

/** Characters to add, remove or replace; two neighbours that changed places are one change, as fingers make it. */
function changesBetween(typed: string, form: string): number {
  // also keeps the work small, whatever was typed
  if (Math.abs(typed.length - form.length) > MOST_CHANGES) return Infinity;
  const swapped = Array.from(
    typed.slice(1),
    (next, index) => `${typed.slice(0, index)}${next}${typed[index]}${typed.slice(index + 2)}`,
  );
  return Math.min(distance(typed, form), ...swapped.map((text) => 1 + distance(text, form)));
}
