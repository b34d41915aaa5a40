/**
 * SHA-256 of data that arrives in pieces (FIPS 180-4). A child loads neither `node:crypto` nor a package, and Web Crypto accepts
 * data only as a whole.
 *
 * @module
 */

const BLOCK_BYTES = 64;
const LENGTH_BYTES = 8;
const WORDS = 8;

/** First 32 bits of the fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3). */
const INITIAL = [
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
] as const;

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
// deno-fmt-ignore: eight a line
const ROUND_CONSTANTS = Int32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

/** One checksum. */
export class Sha256 {
  readonly #state = Int32Array.from(INITIAL);
  readonly #schedule = new Int32Array(64);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #blockBytes = 0;
  #totalBytes = 0;

  /** Adds `bytes`. */
  update(bytes: Uint8Array): void {
    this.#totalBytes += bytes.length;
    let offset = 0;
    if (this.#blockBytes > 0) {
      offset = Math.min(BLOCK_BYTES - this.#blockBytes, bytes.length);
      this.#block.set(bytes.subarray(0, offset), this.#blockBytes);
      this.#blockBytes += offset;
      if (this.#blockBytes < BLOCK_BYTES) return;
      this.#compress(this.#block, 0);
      this.#blockBytes = 0;
    }
    for (; offset + BLOCK_BYTES <= bytes.length; offset += BLOCK_BYTES) this.#compress(bytes, offset);
    this.#block.set(bytes.subarray(offset));
    this.#blockBytes = bytes.length - offset;
  }

  /**
   * Returns the state after what was added, from which {@linkcode Sha256.resume} continues: eight words of 32 bits, then the bytes
   * of the block that is not complete, in hexadecimal digits.
   */
  get state(): string {
    const words = Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0"));
    const rest = Array.from(this.#block.subarray(0, this.#blockBytes), (byte) => byte.toString(16).padStart(2, "0"));
    return [...words, ...rest].join("");
  }

  /** Continues from the {@linkcode state} after `totalBytes` bytes. */
  static resume(state: string, totalBytes: number): Sha256 {
    const hash = new Sha256();
    for (let index = 0; index < WORDS; index += 1) {
      hash.#state[index] = Number.parseInt(state.slice(index * 8, index * 8 + 8), 16) | 0;
    }
    const rest = state.slice(WORDS * 8);
    hash.#blockBytes = rest.length / 2;
    for (let index = 0; index < hash.#blockBytes; index += 1) {
      hash.#block[index] = Number.parseInt(rest.slice(index * 2, index * 2 + 2), 16);
    }
    hash.#totalBytes = totalBytes;
    return hash;
  }

  /** Returns the checksum in lower-case hexadecimal digits. Nothing may be added afterwards. */
  hexDigest(): string {
    const bits = this.#totalBytes * 8;
    const isLong = this.#blockBytes >= BLOCK_BYTES - LENGTH_BYTES;
    const padding = new Uint8Array((isLong ? 2 : 1) * BLOCK_BYTES - this.#blockBytes);
    padding[0] = 0x80;
    const view = new DataView(padding.buffer, padding.length - LENGTH_BYTES);
    view.setUint32(0, Math.floor(bits / 2 ** 32));
    view.setUint32(4, bits % 2 ** 32);
    this.update(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** FIPS 180-4, 6.2.2: one block of `bytes` from `offset` on. */
  #compress(bytes: Uint8Array, offset: number): void {
    const schedule = this.#schedule;
    for (let index = 0; index < 16; index += 1) schedule[index] = word(bytes, offset + index * 4);
    for (let index = 16; index < 64; index += 1) {
      const early = schedule[index - 15] ?? 0;
      const late = schedule[index - 2] ?? 0;
      const small0 = (early >>> 7 | early << 25) ^ (early >>> 18 | early << 14) ^ early >>> 3;
      const small1 = (late >>> 17 | late << 15) ^ (late >>> 19 | late << 13) ^ late >>> 10;
      schedule[index] = (schedule[index - 16] ?? 0) + small0 + (schedule[index - 7] ?? 0) + small1 | 0;
    }
    const state = this.#state;
    let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
    for (let index = 0; index < 64; index += 1) {
      const big1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
      const choice = e & f ^ ~e & g;
      const one = h + big1 + choice + (ROUND_CONSTANTS[index] ?? 0) + (schedule[index] ?? 0) | 0;
      const big0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
      const majority = a & b ^ a & c ^ b & c;
      const two = big0 + majority | 0;
      h = g;
      g = f;
      f = e;
      e = d + one | 0;
      d = c;
      c = b;
      b = a;
      a = one + two | 0;
    }
    const sums = [a, b, c, d, e, f, g, h];
    for (let index = 0; index < 8; index += 1) state[index] = (state[index] ?? 0) + (sums[index] ?? 0) | 0;
  }
}

/** The big-endian word at `at`. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 24 | (bytes[at + 1] ?? 0) << 16 | (bytes[at + 2] ?? 0) << 8 | (bytes[at + 3] ?? 0);
}
