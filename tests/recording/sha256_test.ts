import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import { Sha256 } from "../../mod/recording/sha256.ts";

function hash(...pieces: readonly Uint8Array[]): string {
  const sha256 = new Sha256();
  for (const piece of pieces) sha256.update(piece);
  return sha256.hexDigest();
}

/** NIST, examples of SHA-256 and the test of a million letters (csrc.nist.gov, Cryptographic Standards, Examples). */
for (
  const [text, expected] of [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
  ] as const
) {
  Deno.test(`Sha256 of ${text.length} letters is that of the standard`, () => {
    assert.equal(hash(new TextEncoder().encode(text)), expected);
  });
}

Deno.test("Sha256 does not depend on how the data is cut, for every length below 200 bytes", () => {
  const data = Uint8Array.from({ length: 200 }, (_, index) => index * 7 % 256);
  for (let length = 0; length < data.length; length += 1) {
    const part = data.subarray(0, length);
    const expected = createHash("sha256").update(part).digest("hex");
    assert.equal(
      hash(part.subarray(0, 63), part.subarray(63, 64), part.subarray(64, 129), part.subarray(129)),
      expected,
    );
  }
});

Deno.test("Sha256 continues from its state, for every length below 200 bytes", () => {
  const data = Uint8Array.from({ length: 400 }, (_, index) => index * 7 % 256);
  const expected = createHash("sha256").update(data).digest("hex");
  for (let length = 0; length < 200; length += 1) {
    const first = new Sha256();
    first.update(data.subarray(0, length));
    const second = Sha256.resume(first.state, length);
    second.update(data.subarray(length));
    assert.equal(second.hexDigest(), expected);
  }
});
