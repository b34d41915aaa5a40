import { deepStrictEqual, rejects, strictEqual, throws } from "node:assert/strict";
import { decodeKeyMaterial, encodeKeyMaterial, type KeyMaterial } from "../../mod/packet/kmreq.ts";
import { isMalformed } from "../../mod/packet/malformed.ts";
import {
  bytes,
  CAPTURE_PASSPHRASE,
  CONCLUSION_FFMPEG,
  CONCLUSION_KEY_16,
  CONCLUSION_KEY_24,
  CONCLUSION_KEY_32,
  hex,
} from "../fixtures/handshakes.ts";

/** KMREQ is the last block of each of these captures. */
const CAPTURED = [
  [16, CONCLUSION_KEY_16.slice(-112)],
  [24, CONCLUSION_KEY_24.slice(-128)],
  [32, CONCLUSION_KEY_32.slice(-144)],
  [16, CONCLUSION_FFMPEG.slice(-112)],
] as const;

const KEY_16 = CONCLUSION_KEY_16.slice(-112);

function decoded(digits: string): KeyMaterial {
  const keyMaterial = decodeKeyMaterial(bytes(digits));
  if (isMalformed(keyMaterial)) throw new Error(`cannot decode fixture: ${keyMaterial.text}`);
  return keyMaterial;
}

/** Decodes the captured KMREQ of a 16-byte key with one byte replaced. Returns the text of Malformed, or "decoded". */
function textWith(offset: number, value: number): string {
  const data = bytes(KEY_16);
  data[offset] = value;
  const result = decodeKeyMaterial(data);
  return isMalformed(result) ? result.text : "decoded";
}

/** Unwraps the key as libsrt does, and returns its length in bytes. Rejects if the integrity check of RFC 3394 fails. */
async function unwrap({ salt, wrappedKey, keyLength }: KeyMaterial, passphrase: string): Promise<number> {
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const wrappingKey = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-1", salt: salt.slice(-8), iterations: 2048 },
    secret,
    { name: "AES-KW", length: keyLength * 8 },
    false,
    ["unwrapKey"],
  );
  const hmac = { name: "HMAC", hash: "SHA-1" };
  const key = await crypto.subtle.unwrapKey("raw", wrappedKey.slice(), wrappingKey, "AES-KW", hmac, true, ["sign"]);
  return (await crypto.subtle.exportKey("raw", key)).byteLength;
}

for (const [keyLength, digits] of CAPTURED) {
  Deno.test(`decodeKeyMaterial returns salt and wrapped key that unwrap: ${digits.slice(32, 40)}, ${keyLength} bytes`, async () => {
    strictEqual(await unwrap(decoded(digits), CAPTURE_PASSPHRASE), keyLength);
  });

  Deno.test(`encodeKeyMaterial reproduces the captured bytes: ${digits.slice(32, 40)}`, () => {
    strictEqual(hex(encodeKeyMaterial(decoded(digits))), digits);
  });
}

Deno.test("decodeKeyMaterial returns key material that a wrong passphrase does not unwrap", async () => {
  await rejects(unwrap(decoded(KEY_16), "wrong-horse-battery"));
});

Deno.test("decodeKeyMaterial decodes length, count, cipher and authentication of a libsrt caller", () => {
  const { keyLength, keys, cipher, auth } = decoded(KEY_16);
  deepStrictEqual({ keyLength, keys, cipher, auth }, { keyLength: 16, keys: 1, cipher: 2, auth: 0 });
});

Deno.test("decodeKeyMaterial returns two keys if the flags of both are set", () => {
  const { keys, wrappedKey } = decoded("12202903" + KEY_16.slice(8) + "11".repeat(16));
  deepStrictEqual([keys, wrappedKey.length], [2, 40]);
});

Deno.test("decodeKeyMaterial accepts AES-GCM with its authentication", () => {
  strictEqual(decoded(KEY_16.slice(0, 16) + "04010200" + KEY_16.slice(24)).cipher, 4);
});

Deno.test("decodeKeyMaterial returns copies of the buffer", () => {
  const buffer = bytes(KEY_16);
  const keyMaterial = decodeKeyMaterial(buffer);
  buffer.fill(0);
  deepStrictEqual(keyMaterial, decoded(KEY_16));
});

for (
  const [what, offset, value, text] of [
    ["the signature is wrong", 1, 0x21, "KMREQ signature 0x122129, expected 0x122029"],
    ["no key is announced", 3, 0, "KMREQ announces no key"],
    ["both keys are announced and only one follows", 3, 3, "KMREQ of 56 bytes, expected 72 for 2 x 16 bytes of key"],
    ["the cipher is unknown", 8, 3, "KMREQ cipher 3 with authentication 0 is unknown"],
    ["AES-CTR has authentication", 9, 1, "KMREQ cipher 2 with authentication 1 is unknown"],
    ["AES-GCM has no authentication", 8, 4, "KMREQ cipher 4 with authentication 0 is unknown"],
    ["the encapsulation is unknown", 10, 1, "KMREQ encapsulation 1, expected 2"],
    ["the salt is longer than announced", 14, 3, "KMREQ of 56 bytes, expected 52 for 1 x 16 bytes of key"],
    ["the salt is absurdly long", 14, 255, "KMREQ salt of 1020 bytes, at most 16"],
    ["the key length is 0", 15, 0, "KMREQ key length 0 bytes, expected 16, 24 or 32"],
    ["the key length is absurd", 15, 255, "KMREQ key length 1020 bytes, expected 16, 24 or 32"],
    ["the key length does not fit the block", 15, 8, "KMREQ of 56 bytes, expected 72 for 1 x 32 bytes of key"],
  ] as const
) {
  Deno.test(`decodeKeyMaterial returns Malformed if ${what}`, () => strictEqual(textWith(offset, value), text));
}

Deno.test("decodeKeyMaterial returns Malformed if the block ends with its header", () => {
  deepStrictEqual(decodeKeyMaterial(bytes(KEY_16).subarray(0, 16)), {
    kind: "malformed",
    text: "KMREQ too short: 16 bytes, more than 16 needed",
  });
});

Deno.test("decodeKeyMaterial returns Malformed if bytes follow the wrapped key", () => {
  strictEqual(isMalformed(decodeKeyMaterial(bytes(KEY_16 + "00000000"))), true);
});

Deno.test("encodeKeyMaterial throws RangeError if the wrapped key does not match the key length", () => {
  throws(() => encodeKeyMaterial({ ...decoded(KEY_16), keyLength: 32 }), RangeError);
});
