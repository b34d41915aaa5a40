/**
 * The word of `--on-return`.
 *
 * @module
 */

import type { OnReturn } from "../admission/policy.ts";
import { UsageError } from "./usage_error.ts";

const WORDS: readonly OnReturn[] = ["new-file", "take-over", "refuse"];

/** Reads the word. @throws {UsageError} */
export function parseOnReturn(text: string): OnReturn {
  const word = WORDS.find((known) => known === text);
  if (word !== undefined) return word;
  throw new UsageError(`cannot use --on-return ${JSON.stringify(text)}`, {
    hint: "Write new-file (both run), take-over (the old session ends) or refuse (the new one is refused).",
  });
}
