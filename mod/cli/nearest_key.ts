/**
 * The key that was probably meant.
 *
 * Called by: mod/cli/config_problem.ts.
 * Fails: never.
 *
 * @module
 */

import { closest, distance } from "fastest-levenshtein";

/** The most similar of the keys, or null where none is near: at most 3 changes, and fewer than half of its characters. */
export function nearestKey(key: string, keys: readonly string[]): string | null {
  if (keys.length === 0) return null;
  const near = closest(key, keys);
  const changes = distance(key, near);
  return changes <= 3 && changes * 2 < near.length ? near : null;
}
