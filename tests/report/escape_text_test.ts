import assert from "node:assert/strict";

import { escapeText } from "../../mod/report/escape_text.ts";

for (
  const [what, text, escaped] of [
    ["an escape sequence", "\x1b]0;x\x07", "\\u001b]0;x\\u0007"],
    ["a line end", "a\r\nb", "a\\u000d\\u000ab"],
    ["DEL", "\x7f", "\\u007f"],
    ["an 8-bit escape sequence", "\x9b2J", "\\u009b2J"],
    ["line separators", "\u2028\u2029", "\\u2028\\u2029"],
    ["bidirectional control characters", "\u202e\u2066", "\\u202e\\u2066"],
    ["an invisible character", "\u200b", "\\u200b"],
    ["an invisible character of a supplementary plane", "\u{e0041}", "\\udb40\\udc41"],
    ["half a surrogate pair", "\ud83d", "\\ud83d"],
  ] as const
) {
  Deno.test(`escapeText escapes ${what}`, () => assert.equal(escapeText(text), escaped));
}

Deno.test("escapeText keeps printable text", () => {
  assert.equal(escapeText('Kamera 1 "ä" \\ 日本 😀'), 'Kamera 1 "ä" \\ 日本 😀');
});
