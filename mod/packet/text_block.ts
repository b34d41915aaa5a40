/**
 * The text of the SID, CONGESTION and FILTER blocks, whose 32-bit words stand byte-reversed.
 *
 * Called by conclusion.ts with the block's data, and by whoever builds a CONCLUSION.
 *
 * @module
 */

import { type Malformed, malformed } from "./malformed.ts";

/** Limit of the stream ID (draft-sharabayko-srt 3.2.1.3); libsrt holds the other two texts to 16 and 64 bytes. */
export const MAX_TEXT_BYTES = 512;

const WORD_BYTES = 4;

/**
 * Decodes a text block: puts the words right, cuts at the first NUL, reads UTF-8.
 *
 * Bytes that are no UTF-8 become U+FFFD, so that the text can still be shown; parseStreamId refuses it.
 *
 * @param data the block's data, a whole number of words
 * @returns the text, empty when the first byte is NUL, or Malformed (draft-sharabayko-srt 3.2.1.3)
 */
export function decodeText(data: Uint8Array): string | Malformed {
  if (data.length === 0 || data.length > MAX_TEXT_BYTES || data.length % WORD_BYTES !== 0) {
    return malformed(`text block of ${data.length} bytes, expected whole words, 4 to ${MAX_TEXT_BYTES} bytes`);
  }
  const bytes = reverseWords(data);
  const end = bytes.indexOf(0);
  // A byte order mark is kept: it is part of what the caller sent.
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/**
 * Encodes the data of a text block.
 *
 * @param text 1 to 512 bytes of UTF-8 without NUL
 * @returns the block's data, new bytes, padded with NUL to whole words
 * @throws {RangeError} when the text is empty, too long or holds a NUL
 */
export function encodeText(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0 || bytes.length > MAX_TEXT_BYTES || bytes.includes(0)) {
    throw new RangeError(`Cannot encode text block: text of "${bytes.length}" bytes`);
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
