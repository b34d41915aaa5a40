/**
 * Decodes and encodes the text of the SID, CONGESTION and FILTER blocks, whose 32-bit words are byte-reversed.
 *
 * @module
 */

import { WORD_BYTES } from "./extension.ts";
import { decodeLossless } from "./lossless_text.ts";
import { type Malformed, malformed } from "./malformed.ts";

/** Limit of the stream ID (draft-sharabayko-srt 3.2.1.3); libsrt limits the other two texts to 16 and 64 bytes. */
export const MAX_TEXT_BYTES = 512;

/**
 * Decodes a text block: reverses the bytes of each word, cuts at the first NUL, decodes UTF-8. A byte that is not UTF-8
 * becomes an escape such as `\xfc`.
 *
 * @param data The data of the block, a whole number of words
 * @returns The text, empty if the first byte is NUL, or {@linkcode Malformed} (draft-sharabayko-srt 3.2.1.3)
 */
export function decodeText(data: Uint8Array): string | Malformed {
  if (data.length === 0 || data.length > MAX_TEXT_BYTES || data.length % WORD_BYTES !== 0) {
    return malformed(`text block of ${data.length} bytes, expected whole words, 4 to ${MAX_TEXT_BYTES} bytes`);
  }
  const bytes = reverseWords(data);
  const end = bytes.indexOf(0);
  return decodeLossless(end === -1 ? bytes : bytes.subarray(0, end));
}

/**
 * Encodes the data of a text block.
 *
 * @param text 1 to 512 bytes of UTF-8 without NUL
 * @returns The data of the block, new bytes, padded with NUL to whole words
 * @throws {RangeError} If the text is empty, too long or contains a NUL
 */
export function encodeText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0 || bytes.length > MAX_TEXT_BYTES || bytes.includes(0)) {
    throw new RangeError(`cannot encode text block: text of "${bytes.length}" bytes`);
  }
  const padded = new Uint8Array(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
  padded.set(bytes);
  return reverseWords(padded);
}

function reverseWords(data: Uint8Array): Uint8Array {
  const bytes = data.slice();
  for (let offset = 0; offset < bytes.length; offset += WORD_BYTES) {
    bytes.subarray(offset, offset + WORD_BYTES).reverse();
  }
  return bytes;
}
