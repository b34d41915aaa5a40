import assert from "node:assert/strict";

import { decodeText } from "../../mod/ts/decode_text.ts";

for (
  const [what, bytes, text] of [
    ["ASCII", [0x4e, 0x65, 0x77, 0x73], "News"],
    ["nothing", [], ""],
    ["UTF-8 without a selector", [0x4b, 0xc3, 0xb6, 0x6c, 0x6e], "Köln"],
    ["Latin-1 without a selector", [0x4b, 0xf6, 0x6c, 0x6e], "Köln"],
    ["UTF-8 by selector", [0x15, 0xe2, 0x82, 0xac], "€"],
    ["ISO 8859-5 by a short selector", [0x01, 0xbf, 0xe0], "Пр"],
    ["ISO 8859-9 by a long selector", [0x10, 0x00, 0x09, 0xfe], "ş"],
    ["UTF-16 by selector", [0x11, 0x20, 0xac], "€"],
    ["a reserved selector", [0x1e, 0x41], "A"],
    ["ISO 8859-12, which does not exist", [0x08, 0x41], "A"],
    ["marks of emphasis and line ends", [0x41, 0xc2, 0x86, 0x42, 0x0a, 0xc2, 0x8a, 0x43], "ABC"],
    ["marks of direction", [0x15, 0x41, 0xe2, 0x80, 0xae, 0x42], "AB"],
    ["64 characters of a long name", new Array(255).fill(0x41), "A".repeat(64)],
  ] as const
) {
  Deno.test(`decodeText decodes ${what}`, () => assert.equal(decodeText(new Uint8Array(bytes)), text));
}
