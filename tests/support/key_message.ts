/**
 * Makes KMREQ blocks, valid or malformed: one or two stream encrypting keys, wrapped with a key that is derived from the
 * passphrase.
 *
 * @module
 */

/** What a block is made from; the defaults are those of a libsrt caller with AES-128. */
export interface KeyMessage {
  readonly passphrase: string;
  /** Length of each key in bytes. */
  readonly keyLength?: number;
  /** Length that the block announces; `keyLength` unless given. */
  readonly announcedLength?: number;
  /** Number of keys that are wrapped. */
  readonly keys?: 1 | 2;
  /** 1: even, 2: odd, 3: both. */
  readonly flags?: number;
  readonly cipher?: number;
  readonly auth?: number;
  readonly encapsulation?: number;
  /** Length of the salt in bytes; a whole number of words. */
  readonly saltBytes?: number;
  /** The first three bytes: version, packet type and signature. */
  readonly signature?: number;
}

/** Makes the data of the block. */
export async function makeKeyMessage(message: KeyMessage): Promise<Uint8Array<ArrayBuffer>> {
  const { passphrase, keyLength = 16, keys = 1, flags = keys === 2 ? 3 : 1, cipher = 2, auth = 0 } = message;
  const { encapsulation = 2, saltBytes = 16, signature = 0x122029, announcedLength = keyLength } = message;
  const salt = Uint8Array.from({ length: saltBytes }, (_, index) => 7 * index + 1);
  const wrapped = await wrapKeys(passphrase, { salt, keyLength, bytes: keys * keyLength });
  const data = new Uint8Array(16 + salt.length + wrapped.length);
  const view = new DataView(data.buffer);
  view.setUint32(0, signature * 0x100 + flags);
  data.set([cipher, auth, encapsulation], 8);
  data.set([saltBytes / 4, announcedLength / 4], 14);
  data.set(salt, 16);
  data.set(wrapped, 16 + salt.length);
  return data;
}

/**
 * Wraps keys as libsrt does: RFC 3394, with a key that PBKDF2 derives from the passphrase and the last 8 bytes of the salt.
 *
 * @param options `bytes`: total length of the keys that are wrapped. `keyLength`: length of the key that wraps them.
 */
async function wrapKeys(
  passphrase: string,
  { salt, keyLength, bytes }: {
    readonly salt: Uint8Array<ArrayBuffer>;
    readonly keyLength: number;
    readonly bytes: number;
  },
): Promise<Uint8Array> {
  const { subtle } = crypto;
  const secret = await subtle.importKey("raw", new TextEncoder().encode(passphrase), "PBKDF2", false, ["deriveKey"]);
  const wrapping = await subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-1", salt: salt.slice(-8), iterations: 2048 },
    secret,
    { name: "AES-KW", length: keyLength * 8 },
    false,
    ["wrapKey"],
  );
  const raw = Uint8Array.from({ length: bytes }, (_, index) => 5 * index + 3);
  const key = await subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-1" }, true, ["sign"]);
  return new Uint8Array(await subtle.wrapKey("raw", key, wrapping, "AES-KW"));
}
