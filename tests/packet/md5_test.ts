import { strictEqual, throws } from "node:assert/strict";
import { createHash } from "node:crypto";
import { md5FirstWord } from "../../mod/packet/md5.ts";

// from RFC 1321, A.5
for (const [text, word] of [["", 0xd98c1dd4], ["abc", 0x98500190], ["message digest", 0x7d696bf9]] as const) {
  Deno.test(`md5FirstWord returns the first word of the MD5 of "${text}"`, () => strictEqual(md5FirstWord(text), word));
}

Deno.test("md5FirstWord agrees with node:crypto for texts of every length that it accepts", () => {
  for (let length = 0; length <= 55; length += 1) {
    const text = "127.0.0.1:9000:".repeat(4).slice(0, length);
    strictEqual(md5FirstWord(text), createHash("md5").update(text).digest().readUInt32LE(0));
  }
});

Deno.test("md5FirstWord throws RangeError for a longer text", () => {
  throws(() => md5FirstWord("x".repeat(56)), RangeError);
});
