/**
 * Makes a rejection.
 *
 * @module
 */

import type { Reject } from "./verdict.ts";

/** A rejection with its reason (API value), why, and what to do; `rule` is the operator's own that decided, where one did. */
export function reject(
  reason: number,
  { text, advice, rule = null }: { readonly text: string; readonly advice: string; readonly rule?: string | null },
): Reject {
  return { kind: "reject", reason, text, advice, rule };
}
