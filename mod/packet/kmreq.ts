/**
 * Decodes and encodes the KMREQ block: the stream encrypting key, wrapped with a key that is derived from the passphrase.
 *
 * @module
 */

import { type Malformed, malformed } from "./malformed.ts";

/** Ciphers (draft-sharabayko-srt 3.2.2; libsrt supports AES-GCM from 1.5.2 on). */
export const KMREQ_CIPHER = { AES_CTR: 2, AES_GCM: 4 } as const;

/** Version 1, packet type 2 (keying material), then the signature "HAI". */
const KM_SIGNATURE = 0x122029;

/** Stream encapsulation: MPEG-TS over SRT, the only one that libsrt accepts. */
const SE_TS_SRT = 2;

/** The salt size that the specification defines, and the largest that libsrt accepts. libsrt accepts shorter salts too. */
const SALT_BYTES = 16;

const SALT_OFFSET = 16;

/** Length of the integrity check in front of the wrapped keys (RFC 3394). */
const WRAP_CHECK_BYTES = 8;

/** A decoded KMREQ block: all that is needed to check a passphrase. Both arrays are copies that this object owns. */
export interface KeyMaterial {
  /** Length of each stream encrypting key and of the key that wraps it, bytes. */
  readonly keyLength: 16 | 24 | 32;
  /** Number of wrapped keys: the even or the odd one, or both. */
  readonly keys: 1 | 2;
  /** 16 bytes or fewer. */
  readonly salt: Uint8Array;
  /** 8 + keys x keyLength bytes. */
  readonly wrappedKey: Uint8Array;
  /** One of {@linkcode KMREQ_CIPHER}. */
  readonly cipher: number;
  /** 0 with AES-CTR, 1 with AES-GCM. */
  readonly auth: number;
}

/**
 * Decodes the data of a KMREQ block.
 *
 * @param data The data of the block in network order; at most 104 bytes are valid
 * @returns The key material, or {@linkcode Malformed} (draft-sharabayko-srt 3.2.2)
 */
export function decodeKeyMaterial(data: Uint8Array): KeyMaterial | Malformed {
  if (data.length <= SALT_OFFSET) {
    return malformed(`KMREQ too short: ${data.length} bytes, more than ${SALT_OFFSET} needed`);
  }
  const view = new DataView(data.buffer, data.byteOffset, SALT_OFFSET);
  const signature = view.getUint32(0) >>> 8;
  if (signature !== KM_SIGNATURE) return malformed(`KMREQ signature 0x${signature.toString(16)}, expected 0x122029`);
  const keyFlags = view.getUint8(3) & 3;
  if (keyFlags === 0) return malformed("KMREQ announces no key");
  const cipher = view.getUint8(8);
  const auth = view.getUint8(9);
  const expectedAuth = cipher === KMREQ_CIPHER.AES_GCM ? 1 : 0;
  if ((cipher !== KMREQ_CIPHER.AES_CTR && cipher !== KMREQ_CIPHER.AES_GCM) || auth !== expectedAuth) {
    return malformed(`KMREQ cipher ${cipher} with authentication ${auth} is unknown`);
  }
  const encapsulation = view.getUint8(10);
  if (encapsulation !== SE_TS_SRT) return malformed(`KMREQ encapsulation ${encapsulation}, expected ${SE_TS_SRT}`);
  const saltBytes = view.getUint8(14) * 4;
  if (saltBytes > SALT_BYTES) return malformed(`KMREQ salt of ${saltBytes} bytes, at most ${SALT_BYTES}`);
  const keyLength = view.getUint8(15) * 4;
  if (keyLength !== 16 && keyLength !== 24 && keyLength !== 32) {
    return malformed(`KMREQ key length ${keyLength} bytes, expected 16, 24 or 32`);
  }
  const keys = keyFlags === 3 ? 2 : 1;
  const expectedBytes = SALT_OFFSET + saltBytes + WRAP_CHECK_BYTES + keys * keyLength;
  if (data.length !== expectedBytes) {
    return malformed(
      `KMREQ of ${data.length} bytes, expected ${expectedBytes} for ${keys} x ${keyLength} bytes of key`,
    );
  }
  return {
    keyLength,
    keys,
    salt: data.slice(SALT_OFFSET, SALT_OFFSET + saltBytes),
    wrappedKey: data.slice(SALT_OFFSET + saltBytes),
    cipher,
    auth,
  };
}

/**
 * Encodes key material as in the CONCLUSION of a caller: a single key is the even one.
 *
 * @returns The data of the block, new bytes
 * @throws {RangeError} If the size of the salt or of the wrapped key does not match the other fields
 */
export function encodeKeyMaterial(keyMaterial: KeyMaterial): Uint8Array {
  const { salt, wrappedKey, keys, keyLength } = keyMaterial;
  if (salt.length > SALT_BYTES || salt.length % 4 !== 0 || wrappedKey.length !== WRAP_CHECK_BYTES + keys * keyLength) {
    throw new RangeError(
      `cannot encode KMREQ: salt of "${salt.length}" bytes, wrapped key of "${wrappedKey.length}" bytes`,
    );
  }
  const data = new Uint8Array(SALT_OFFSET + salt.length + wrappedKey.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, KM_SIGNATURE * 0x100 + (keys === 2 ? 3 : 1));
  view.setUint8(8, keyMaterial.cipher);
  view.setUint8(9, keyMaterial.auth);
  view.setUint8(10, SE_TS_SRT);
  view.setUint8(14, salt.length / 4);
  view.setUint8(15, keyLength / 4);
  data.set(salt, SALT_OFFSET);
  data.set(wrappedKey, SALT_OFFSET + salt.length);
  return data;
}
