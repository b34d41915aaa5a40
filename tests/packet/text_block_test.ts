import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { isMalformed } from "../../mod/packet/malformed.ts";
import { decodeText, encodeText } from "../../mod/packet/text_block.ts";
import { bytes, hex } from "../fixtures/handshakes.ts";

for (
  const [digits, text] of [
    ["00636261", "abc"],
    ["64636261", "abcd"],
    ["64636261 00000065", "abcde"],
    ["656c6966", "file"],
    ["2c636566736c6f632c30313a73776f72612c353a6f3a71727165726e", "fec,cols:10,rows:5,arq:onreq"],
    ["78787878".repeat(128), "x".repeat(512)],
    ["00a9c363", "cé"],
  ] as const
) {
  Deno.test(`decodeText reverses the bytes of each word: ${text.slice(0, 30)}`, () =>
    strictEqual(decodeText(bytes(digits)), text));

  Deno.test(`encodeText pads the text and reverses the bytes of each word: ${text.slice(0, 30)}`, () => {
    strictEqual(hex(encodeText(text)), digits.replaceAll(" ", ""));
  });
}

Deno.test("decodeText cuts at the first NUL after reversing", () =>
  strictEqual(decodeText(bytes("63006261 64646464")), "ab"));

Deno.test("decodeText returns empty text for NUL bytes", () => strictEqual(decodeText(bytes("00000000")), ""));

Deno.test("decodeText escapes bytes that are not UTF-8", () => strictEqual(decodeText(bytes("0062ff61")), "a\\xffb"));

Deno.test("decodeText keeps a byte order mark", () => {
  strictEqual(decodeText(bytes("61bfbbef")), "\uFEFFa");
});

Deno.test("decodeText does not change the datagram", () => {
  const data = bytes("64636261");
  decodeText(data);
  strictEqual(hex(data), "64636261");
});

for (const size of [0, 3, 516]) {
  Deno.test(`decodeText returns Malformed for a block of ${size} bytes`, () => {
    strictEqual(isMalformed(decodeText(new Uint8Array(size).fill(0x78))), true);
  });
}

Deno.test("decodeText names the limit for an oversized block", () => {
  deepStrictEqual(decodeText(new Uint8Array(516)), {
    kind: "malformed",
    text: "text block of 516 bytes, expected whole words, 4 to 512 bytes",
  });
});

for (const [what, text] of [["is empty", ""], ["has 513 bytes", "x".repeat(513)], ["has a NUL", "a\0b"]] as const) {
  Deno.test(`encodeText throws RangeError if the text ${what}`, () => throws(() => encodeText(text), RangeError));
}
