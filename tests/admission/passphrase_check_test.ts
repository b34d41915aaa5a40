/** Tests of mod/admission/passphrase_check.ts with key material that real callers sent. */
import { strictEqual } from "node:assert/strict";
import { passphraseFits } from "../../mod/admission/passphrase_check.ts";
import type { KeyMaterial } from "../../mod/packet/kmreq.ts";
import {
  CAPTURE_PASSPHRASE,
  CONCLUSION_FFMPEG,
  CONCLUSION_FILE,
  CONCLUSION_KEY_16,
  CONCLUSION_KEY_24,
  CONCLUSION_KEY_32,
} from "../fixtures/handshakes.ts";
import { conclusionOf } from "./conclusion_of.ts";

function keyMaterialOf(conclusion: string): KeyMaterial {
  const { keyMaterial } = conclusionOf(conclusion);
  if (keyMaterial === null) throw new Error("cannot use a fixture: not encrypted");
  return keyMaterial;
}

const CAPTURES = [
  ["a key of 16 bytes", CONCLUSION_KEY_16],
  ["a key of 24 bytes", CONCLUSION_KEY_24],
  ["a key of 32 bytes", CONCLUSION_KEY_32],
  ["ffmpeg", CONCLUSION_FFMPEG],
  ["file mode", CONCLUSION_FILE],
] as const;

for (const [what, conclusion] of CAPTURES) {
  Deno.test(`passphraseFits is true for the right passphrase: ${what}`, async () => {
    strictEqual(await passphraseFits(CAPTURE_PASSPHRASE, keyMaterialOf(conclusion)), true);
  });

  Deno.test(`passphraseFits is false for a wrong passphrase: ${what}`, async () => {
    strictEqual(await passphraseFits("wrong-horse-battery", keyMaterialOf(conclusion)), false);
  });
}

for (
  const [what, passphrase] of [
    ["the passphrase in another letter case", "Correct-horse"],
    ["the passphrase and a space", "correct-horse "],
    ["only the beginning of the passphrase", "correct-hors"],
    ["the passphrase and a NUL", "correct-horse\0"],
    ["an empty passphrase", ""],
  ] as const
) {
  // PBKDF2 pads the key of its HMAC with NULs, so every implementation ignores trailing NULs of a passphrase
  const fits = what === "the passphrase and a NUL";
  Deno.test(`passphraseFits is ${fits} for ${what}`, async () => {
    strictEqual(await passphraseFits(passphrase, keyMaterialOf(CONCLUSION_KEY_16)), fits);
  });
}

/** The captured key material with one bit changed. */
function damaged(field: "salt" | "wrappedKey", index: number): KeyMaterial {
  const keyMaterial = keyMaterialOf(CONCLUSION_KEY_16);
  const changed = keyMaterial[field].slice();
  changed[index] = (changed[index] ?? 0) ^ 1;
  return { ...keyMaterial, [field]: changed };
}

Deno.test("passphraseFits is false for a wrapped key with one wrong bit", async () => {
  strictEqual(await passphraseFits(CAPTURE_PASSPHRASE, damaged("wrappedKey", 23)), false);
});

Deno.test("passphraseFits uses the last eight bytes of the salt only, as libsrt does", async () => {
  strictEqual(await passphraseFits(CAPTURE_PASSPHRASE, damaged("salt", 7)), true);
  strictEqual(await passphraseFits(CAPTURE_PASSPHRASE, damaged("salt", 8)), false);
});

Deno.test("passphraseFits is false, and throws nothing, for key material that no passphrase fits", async () => {
  const keyMaterial = { ...keyMaterialOf(CONCLUSION_KEY_16), wrappedKey: new Uint8Array(24) };
  strictEqual(await passphraseFits(CAPTURE_PASSPHRASE, keyMaterial), false);
});
