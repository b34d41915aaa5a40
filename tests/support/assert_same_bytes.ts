/**
 * Compares recordings. The assertions of `node:assert` would compute a difference of millions of lines, which takes minutes and
 * gigabytes of memory.
 *
 * @module
 */

import { AssertionError } from "node:assert/strict";

/** Throws unless both hold the same bytes. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  const shorter = Math.min(actual.length, expected.length);
  let offset = 0;
  while (offset < shorter && actual[offset] === expected[offset]) offset += 1;
  if (offset === actual.length && offset === expected.length) return;
  throw new AssertionError({
    message: `${actual.length} bytes instead of ${expected.length}; the first ${offset} are the same`,
  });
}
