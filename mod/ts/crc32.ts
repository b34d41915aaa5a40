/**
 * CRC-32 of PSI sections (ISO/IEC 13818-1, annex A): polynomial 04C11DB7, not reflected, initial value all ones.
 *
 * @module
 */

const POLYNOMIAL = 0x04c11db7;

/** The CRC-32 of a section that ends with its own checksum is 0. Each instance computes the table once. */
export class Crc32 {
  readonly #table = new Uint32Array(256);

  /** Computes the table. Each step doubles the part that is computed, because a loop over all bits of all bytes takes 3 ms. */
  constructor() {
    let value = 0x80000000;
    for (let half = 1; half < 256; half *= 2) {
      value = value & 0x80000000 ? value << 1 ^ POLYNOMIAL : value << 1;
      for (let index = 0; index < half; index += 1) this.#table[half + index] = value ^ (this.#table[index] as number);
    }
  }

  /** Returns the checksum of all of `bytes`, 0..2^32-1. */
  of(bytes: Uint8Array): number {
    let value = 0xffffffff;
    for (let at = 0; at < bytes.length; at += 1) {
      value = value << 8 ^ (this.#table[(value >>> 24 ^ (bytes[at] as number)) & 0xff] as number);
    }
    return value >>> 0;
  }
}
