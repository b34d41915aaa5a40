/**
 * Makes text of strangers harmless for a terminal: a stream ID may hold escape sequences, line ends and marks that turn the
 * direction of writing.
 *
 * @module
 */

/**
 * What a terminal obeys or shows misleadingly: control characters (C0, DEL, C1), invisible ones and marks of direction (the
 * attack known as Trojan Source), separators of lines, and halves of surrogate pairs.
 */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Replaces each harmful character of `text` by its escape, such as `\u001b`; everything else stays as it is. */
export function escapeText(text: string): string {
  return text.replace(HARMFUL, (character) => character.split("").map(escapeUnit).join(""));
}

/** One UTF-16 unit, so that the escapes mean the same in JSON. */
function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
