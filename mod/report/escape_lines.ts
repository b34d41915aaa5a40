/**
 * Makes text of several lines harmless: each line escaped, the later ones indented, so that a line end in a stranger's text
 * cannot pass for a line of ours.
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";

/** Escapes `text`, without an end of line at its end. */
export function escapeLines(text: string): string {
  return text.trimEnd().split("\n").map(escapeText).join("\n  ");
}
