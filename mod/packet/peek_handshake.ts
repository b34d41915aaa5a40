/**
 * What has to be known of a handshake before it is decoded, and the answer to an INDUCTION in its own bytes: under a flood 50,000
 * of them come in a second, and whatever is made for one of them is garbage a moment later.
 *
 * @module
 */

import { HANDSHAKE_VERSION, INDUCTION_MAGIC } from "./handshake.ts";
import { classifyDatagram, HANDSHAKE_BYTES } from "./header.ts";

/** Offsets in a handshake (draft-sharabayko-srt 3.2.1). */
const OFFSET = { destination: 12, version: 16, encryption: 20, type: 36, socketId: 40, cookie: 44 } as const;

/** The handshake type of a datagram, unsigned, or null where it is no handshake. */
export function peekType(datagram: Uint8Array): number | null {
  return classifyDatagram(datagram) === "handshake" ? word(datagram, OFFSET.type) : null;
}

/** The cookie of a handshake, unsigned. */
export function peekCookie(handshake: Uint8Array): number {
  return word(handshake, OFFSET.cookie);
}

/** Whether an INDUCTION is the answer to one. To answer it would be the start of a talk without end between two listeners. */
export function isInductionResponse(induction: Uint8Array): boolean {
  return (word(induction, OFFSET.encryption) & 0xffff) === INDUCTION_MAGIC;
}

/**
 * Turns an INDUCTION into its own answer, in its own bytes: the same that encodeInductionResponse makes.
 *
 * @param induction changed
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
