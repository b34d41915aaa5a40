/**
 * Reads single fields of a packet and turns an INDUCTION into its response in place, without copying it: in a flood,
 * 50,000 INDUCTIONs can arrive in a second.
 *
 * @module
 */

import { HANDSHAKE_VERSION, INDUCTION_MAGIC, KEY_LENGTH_UNIT } from "./handshake.ts";
import { classifyDatagram, HANDSHAKE_BYTES } from "./header.ts";

/** Offsets in a handshake (draft-sharabayko-srt 3.2.1). */
const OFFSET = {
  destination: 12,
  version: 16,
  encryption: 20,
  mss: 28,
  flowWindow: 32,
  type: 36,
  socketId: 40,
  cookie: 44,
} as const;

/** Returns the handshake type of a datagram, unsigned, or null if it is not a handshake. */
export function peekType(datagram: Uint8Array): number | null {
  return classifyDatagram(datagram) === "handshake" ? word(datagram, OFFSET.type) : null;
}

/** Returns the destination socket ID of any packet, unsigned. */
export function peekDestination(packet: Uint8Array): number {
  return word(packet, OFFSET.destination);
}

/** Returns the cookie of a handshake, unsigned. */
export function peekCookie(handshake: Uint8Array): number {
  return word(handshake, OFFSET.cookie);
}

/** Reports whether an INDUCTION is a response. Answering it could make two listeners answer each other forever. */
export function isInductionResponse(induction: Uint8Array): boolean {
  return (word(induction, OFFSET.encryption) & 0xffff) === INDUCTION_MAGIC;
}

/**
 * Reports whether an INDUCTION is only a probe for a listener, as `srtla_rec` sends it: its socket ID, MSS and flow window are
 * 0, so that no CONCLUSION can follow.
 */
export function isProbe(induction: Uint8Array): boolean {
  return (word(induction, OFFSET.socketId) | word(induction, OFFSET.mss) | word(induction, OFFSET.flowWindow)) === 0;
}

/**
 * Turns an INDUCTION into its response in place, with the bytes that `encodeInductionResponse` would return.
 *
 * @param induction Its bytes are overwritten
 * @param cookie 32 bits, as in the packet
 * @param keyLength Key length in bytes that is proposed to the caller; 0 for none
 * @returns The response: the first 64 bytes of `induction`
 */
export function answerInPlace(
  induction: Uint8Array<ArrayBuffer>,
  cookie: number,
  { keyLength = 0 }: { readonly keyLength?: number } = {},
): Uint8Array<ArrayBuffer> {
  induction.copyWithin(OFFSET.destination, OFFSET.socketId, OFFSET.socketId + 4);
  write(induction, OFFSET.version, HANDSHAKE_VERSION.HSV5);
  write(induction, OFFSET.encryption, (keyLength / KEY_LENGTH_UNIT) << 16 | INDUCTION_MAGIC); // extension field: the magic
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
