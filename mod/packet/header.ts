/**
 * Classifies a datagram as a kind of SRT packet by its size and its first four bytes, at the lowest cost.
 *
 * @module
 */

/** Size of the packet header that all SRT packets share (draft-sharabayko-srt 3). */
export const HEADER_BYTES = 16;

/** Size of a handshake without extension blocks: the header and 48 bytes (draft-sharabayko-srt 3.2.1). */
export const HANDSHAKE_BYTES = 64;

/** Control types, bits 1..15 of a control packet (draft-sharabayko-srt 3.2, table 1). */
export const CONTROL_TYPE = {
  HANDSHAKE: 0,
  KEEPALIVE: 1,
  ACK: 2,
  NAK: 3,
  CONGESTION_WARNING: 4,
  SHUTDOWN: 5,
  ACKACK: 6,
  DROPREQ: 7,
  PEERERROR: 8,
  USER_DEFINED: 0x7fff,
} as const;

/** First byte of every control packet whose type is below 256: the control bit alone. */
export const CONTROL_BYTE = 0x80;

/** The kind of a datagram, by its size and its first four bytes. */
export type DatagramKind = "handshake" | "shutdown" | "control" | "data" | "other";

/**
 * Classifies a datagram without decoding it.
 *
 * A handshake has exactly `80 00 00 00` in bytes 0..3 and all handshake fields. libsrt drops a shorter one without an answer.
 *
 * @param datagram One UDP payload of any size; not kept
 */
export function classifyDatagram(datagram: Uint8Array): DatagramKind {
  if (datagram.length < HEADER_BYTES) return "other";
  const first = datagram[0] ?? 0;
  if ((first & CONTROL_BYTE) === 0) return "data";
  const type = ((first & 0x7f) << 8) | (datagram[1] ?? 0);
  if (type === CONTROL_TYPE.SHUTDOWN) return "shutdown";
  if (type !== CONTROL_TYPE.HANDSHAKE) return "control";
  const subtypeIsZero = datagram[2] === 0 && datagram[3] === 0;
  return subtypeIsZero && datagram.length >= HANDSHAKE_BYTES ? "handshake" : "other";
}
