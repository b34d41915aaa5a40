/**
 * The answer to an INDUCTION without decoding it: under a flood 50,000 of them come in a second, and whatever is made for one of
 * them is garbage a moment later.
 *
 * Called by the front door, when no slot is free.
 *
 * Fails: never; a datagram that is no INDUCTION stays as it is.
 *
 * @module
 */

import { HANDSHAKE_TYPE, HANDSHAKE_VERSION, INDUCTION_MAGIC } from "./handshake.ts";
import { HANDSHAKE_BYTES } from "./header.ts";

/** Packet type and subtype of a handshake. */
const HANDSHAKE_WORD = 0x80000000;
/** Offsets in a handshake (draft-sharabayko-srt 3.2.1). */
const OFFSET = { destination: 12, version: 16, encryption: 20, type: 36, socketId: 40, cookie: 44 } as const;

/** Whether it is an INDUCTION, by length, packet type and handshake type. */
export function isInduction(datagram: Uint8Array): boolean {
  return datagram.length >= HANDSHAKE_BYTES && word(datagram, 0) === HANDSHAKE_WORD &&
    word(datagram, OFFSET.type) === HANDSHAKE_TYPE.INDUCTION;
}

/**
 * Turns an INDUCTION into its own answer, in its own bytes: the same that encodeInductionResponse makes.
 *
 * @param induction of which {@linkcode isInduction} is true; changed
 * @param cookie 32 bits, as it must stand in the packet
 * @returns the answer: the first 64 bytes of `induction`
 */
export function answerInPlace(induction: Uint8Array<ArrayBuffer>, cookie: number): Uint8Array<ArrayBuffer> {
  induction.copyWithin(OFFSET.destination, OFFSET.socketId, OFFSET.socketId + 4);
  write(induction, OFFSET.version, HANDSHAKE_VERSION.HSV5);
  write(induction, OFFSET.encryption, INDUCTION_MAGIC); // the encryption field is 0, the extension field the magic
  write(induction, OFFSET.cookie, cookie);
  write(induction, 4, 0); // type-specific information
  return induction.subarray(0, HANDSHAKE_BYTES);
}

function word(bytes: Uint8Array, offset: number): number {
  return (((bytes[offset] ?? 0) << 24) | ((bytes[offset + 1] ?? 0) << 16) | ((bytes[offset + 2] ?? 0) << 8) |
    (bytes[offset + 3] ?? 0)) >>> 0;
}

function write(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
