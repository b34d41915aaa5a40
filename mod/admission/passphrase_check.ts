/**
 * Checks a passphrase against a caller's CONCLUSION, before a process exists.
 *
 * The KMREQ block holds the stream encrypting key, wrapped with a key derived from the passphrase. With a wrong passphrase, the
 * key cannot be unwrapped (`draft-sharabayko-srt` 6.1.4 and 6.1.5, RFC 3394). WebCrypto tries it on a thread of its own, in about
 * 1 ms.
 *
 * @module
 */

import type { KeyMaterial } from "../packet/kmreq.ts";

/** Iterations of PBKDF2 (libsrt `haicrypt/hcrypt.h`, HAICRYPT_PBKDF2_ITER_CNT). */
const PBKDF2_ITERATIONS = 2048;
/** PBKDF2 uses the last bytes of the salt only (HAICRYPT_PBKDF2_SALT_LEN). */
const PBKDF2_SALT_BYTES = 8;

/** Reports whether the stream encrypting key can be unwrapped with this passphrase. */
export async function passphraseFits(passphrase: string, keyMaterial: KeyMaterial): Promise<boolean> {
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const salt = new Uint8Array(keyMaterial.salt.slice(-PBKDF2_SALT_BYTES));
  const keyEncryptingKey = await crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-1", salt, iterations: PBKDF2_ITERATIONS },
    secret,
    { name: "AES-KW", length: keyMaterial.keyLength * 8 },
    false,
    ["unwrapKey"],
  );
  try {
    // imported as an HMAC key because HMAC accepts any length; the key itself is not used
    const algorithm = { name: "HMAC", hash: "SHA-1" };
    const wrapped = new Uint8Array(keyMaterial.wrappedKey);
    await crypto.subtle.unwrapKey("raw", wrapped, keyEncryptingKey, "AES-KW", algorithm, false, ["sign"]);
    return true;
  } catch (error) {
    if (error instanceof DOMException) return false;
    throw error;
  }
}
