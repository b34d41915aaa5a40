import { strictEqual } from "node:assert/strict";

import { decodeLossless } from "../../mod/packet/lossless_text.ts";

for (
  const [bytes, text] of [
    [[], ""],
    [[0x4b, 0xc3, 0xbc], "Kü"],
    [[0x4b, 0xfc, 0x63], "K\\xfcc"], // Latin-1
    [[0xd6, 0xd0], "\\xd6\\xd0"], // GBK
    [[0xf0, 0x9f, 0x98, 0x80, 0xff], "😀\\xff"],
    [[0xc3], "\\xc3"],
    [[0xef, 0xbb, 0xbf, 0x61], "\ufeffa"],
    [[0xc0, 0xaf], "\\xc0\\xaf"], // an overlong slash
    [[0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"], // half of a surrogate pair
  ] as const
) {
  Deno.test(`decodeLossless decodes ${bytes.map((byte) => byte.toString(16)).join(" ")} as ${JSON.stringify(text)}`, () => {
    strictEqual(decodeLossless(Uint8Array.from(bytes)), text);
  });
}
