/**
 * Makes text from callers safe to print: a stream ID may contain escape sequences, line ends, and characters that reverse the
 * direction of writing.
 *
 * @module
 */

import { UNSAFE } from "../packet/secret_text.ts";

/** Replaces each unsafe character of `text` with its JSON escape, such as `\u001b`. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => character.split("").map(escapeUnit).join(""));
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
