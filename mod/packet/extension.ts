/**
 * Decodes and encodes the extension blocks of a version 5 CONCLUSION: command, length, data.
 *
 * @module
 */

import { type Malformed, malformed } from "./malformed.ts";

/** Block commands (draft-sharabayko-srt 3.2.1, table 5). */
export const EXTENSION_COMMAND = {
  HSREQ: 1,
  HSRSP: 2,
  KMREQ: 3,
  KMRSP: 4,
  SID: 5,
  CONGESTION: 6,
  FILTER: 7,
  GROUP: 8,
} as const;

/** Bits of a CONCLUSION's extension field, which announce the blocks (draft-sharabayko-srt 3.2.1, table 3). */
export const EXTENSION_FLAG = { HSREQ: 1, KMREQ: 2, CONFIG: 4 } as const;

/** Our choice: libsrt sends 6 blocks at most; the limit bounds the memory for a forged datagram. */
const MAX_BLOCKS = 64;

/** Command and length, 16 bits each. */
const BLOCK_HEADER_BYTES = 4;

/** The length of a block counts units of 32 bits. */
export const WORD_BYTES = 4;

/** One block. */
export interface ExtensionBlock {
  /** 16 bits; one of {@linkcode EXTENSION_COMMAND}, or unknown. */
  readonly command: number;
  /** A whole number of 32-bit words. In a decoded block: a view of the datagram, valid as long as its buffer. */
  readonly data: Uint8Array;
}

/** All blocks of a handshake. */
export interface Extensions {
  readonly blocks: readonly ExtensionBlock[];
  /** A block that runs past the end, whose data is not decoded. Null if there is none. */
  readonly cut: { readonly command: number; readonly text: string } | null;
}

/**
 * Decodes the blocks after a handshake, in their order, unknown commands included.
 *
 * One to three bytes at the end are ignored, because libsrt counts whole words only. Words of zeros between blocks are padding,
 * which libsrt skips too. Decoding stops at a block that runs past the end, as in libsrt.
 *
 * @param bytes The datagram from byte 64 on, any size
 * @returns The blocks, or {@linkcode Malformed} if there are more than 64
 */
export function decodeExtensions(bytes: Uint8Array): Extensions | Malformed {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: ExtensionBlock[] = [];
  let offset = 0;
  while (offset + BLOCK_HEADER_BYTES <= bytes.length) {
    const command = view.getUint16(offset);
    const dataBytes = view.getUint16(offset + 2) * WORD_BYTES;
    const start = offset + BLOCK_HEADER_BYTES;
    if (start + dataBytes > bytes.length) {
      const left = bytes.length - start;
      const text =
        `extension block ${command} at byte ${offset} runs past the end: ${dataBytes} bytes of data, ${left} left`;
      return { blocks, cut: { command, text } };
    }
    offset = start + dataBytes;
    if (command === 0 && dataBytes === 0) continue;
    if (blocks.length === MAX_BLOCKS) return malformed(`too many extension blocks: more than ${MAX_BLOCKS}`);
    blocks.push({ command, data: bytes.subarray(start, offset) });
  }
  return { blocks, cut: null };
}

/**
 * Encodes blocks in the given order.
 *
 * @returns New bytes to be appended to a handshake
 * @throws {RangeError} If a command is not 16 bits, or the size of data is not a whole number of words below 65536
 */
export function encodeExtensions(blocks: readonly ExtensionBlock[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, block) => sum + BLOCK_HEADER_BYTES + block.data.length, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const { command, data } of blocks) {
    const words = data.length / WORD_BYTES;
    if (!Number.isInteger(words) || words > 0xffff) {
      throw new RangeError(`cannot encode extension block ${command}: "${data.length}" bytes of data`);
    }
    if (!Number.isInteger(command) || command < 0 || command > 0xffff) {
      throw new RangeError(`cannot encode extension block: command "${command}"`);
    }
    view.setUint16(offset, command);
    view.setUint16(offset + 2, words);
    bytes.set(data, offset + BLOCK_HEADER_BYTES);
    offset += BLOCK_HEADER_BYTES + data.length;
  }
  return bytes;
}
