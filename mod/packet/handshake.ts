/**
 * Decodes and encodes the fixed 64 bytes of an SRT handshake.
 *
 * @module
 */

import { CONTROL_BYTE, HANDSHAKE_BYTES } from "./header.ts";
import { type Malformed, malformed } from "./malformed.ts";

/** Handshake types (draft-sharabayko-srt 3.2.1, table 4), as the unsigned 32 bits on the wire. */
export const HANDSHAKE_TYPE = {
  WAVEAHAND: 0,
  INDUCTION: 1,
  CONCLUSION: 0xffffffff,
  AGREEMENT: 0xfffffffe,
} as const;

/** Types from here to 0x7fffffff are rejections: the reason is the type minus this number (libsrt srtcore/handshake.h). */
export const REJECTION_BASE = 1000;
/** The largest rejection reason: the type field is a signed 32-bit number in libsrt. */
export const MAX_REASON = 0x7fffffff - REJECTION_BASE;

/** Handshake versions: 4 in every INDUCTION request and in a CONCLUSION of libsrt before 1.3; 5 otherwise. */
export const HANDSHAKE_VERSION = { HSV4: 4, HSV5: 5 } as const;

/** Extension field of an INDUCTION response, which identifies an SRT listener (draft-sharabayko-srt 4.3.1.1). */
export const INDUCTION_MAGIC = 0x4a17;

/** The encryption field counts the key length in units of this many bytes (draft-sharabayko-srt 3.2.1, table 2). */
export const KEY_LENGTH_UNIT = 8;

/** Size of the peer IP field. */
export const PEER_IP_BYTES = 16;

/** One handshake. Numbers are unsigned; values that the specification does not define are kept. */
export interface Handshake {
  readonly kind: "handshake";
  /** Microseconds on the sender's clock, 32 bits, wraps around. */
  readonly timestampUs: number;
  /** Socket ID of the receiver; 0 in every handshake of a caller. */
  readonly destinationSocketId: number;
  readonly version: number;
  /** Advertised key length, 16 bits: 0 (none or unspecified), 2 (AES-128), 3 (AES-192), 4 (AES-256). Advisory only. */
  readonly encryption: number;
  /** 16 bits: 2 in an INDUCTION, the magic in its response, a mask of EXTENSION_FLAG in a version 5 CONCLUSION. */
  readonly extension: number;
  readonly initialSequence: number;
  /** Largest packet with its IP and UDP headers, bytes. */
  readonly mss: number;
  /** Maximum number of packets in flight to the sender of this handshake. */
  readonly flowWindow: number;
  /** One of {@linkcode HANDSHAKE_TYPE}, or {@linkcode REJECTION_BASE} and above. */
  readonly type: number;
  /** Socket ID that the sender has chosen. Two senders may choose the same one. */
  readonly socketId: number;
  /** SYN cookie; 0 in an INDUCTION request. */
  readonly cookie: number;
  /** 16 bytes, each 32-bit word byte-reversed. A copy that this object owns. */
  readonly peerIp: Uint8Array;
}

/**
 * Decodes the fixed part of a handshake. Extension blocks after it are ignored.
 *
 * Bytes 4..7 (type-specific information) have no meaning in a handshake and are ignored, as in libsrt.
 *
 * @param datagram One UDP payload of any size; not kept, so that its buffer may be used again at once
 * @returns The handshake, or {@linkcode Malformed} if the datagram is too short or is not a handshake
 * (draft-sharabayko-srt 3.2.1)
 */
export function decodeHandshake(datagram: Uint8Array): Handshake | Malformed {
  if (datagram.length < HANDSHAKE_BYTES) {
    return malformed(`handshake too short: ${datagram.length} bytes, at least ${HANDSHAKE_BYTES}`);
  }
  const view = new DataView(datagram.buffer, datagram.byteOffset, HANDSHAKE_BYTES);
  const control = view.getUint32(0);
  if (control !== CONTROL_BYTE * 0x1000000) {
    return malformed(`not a handshake: first word 0x${control.toString(16).padStart(8, "0")}, expected 0x80000000`);
  }
  return {
    kind: "handshake",
    timestampUs: view.getUint32(8),
    destinationSocketId: view.getUint32(12),
    version: view.getUint32(16),
    encryption: view.getUint16(20),
    extension: view.getUint16(22),
    initialSequence: view.getUint32(24),
    mss: view.getUint32(28),
    flowWindow: view.getUint32(32),
    type: view.getUint32(36),
    socketId: view.getUint32(40),
    cookie: view.getUint32(44),
    peerIp: datagram.slice(48, 48 + PEER_IP_BYTES),
  };
}

/** Reports whether this is an INDUCTION of a caller. An INDUCTION response has the same type, and must not be answered. */
export function isInductionRequest(handshake: Handshake | Malformed): handshake is Handshake {
  return handshake.kind === "handshake" && handshake.type === HANDSHAKE_TYPE.INDUCTION &&
    handshake.extension !== INDUCTION_MAGIC;
}

/**
 * Encodes a handshake.
 *
 * @param handshake Numbers are truncated to the width of their fields
 * @param extensions Encoded extension blocks, appended unchanged; none by default
 * @returns A new datagram that the caller of this function owns
 * @throws {RangeError} If the peer IP is not 16 bytes long
 */
export function encodeHandshake(
  handshake: Handshake,
  extensions: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  if (handshake.peerIp.length !== PEER_IP_BYTES) {
    throw new RangeError(
      `cannot encode handshake: peer IP of "${handshake.peerIp.length}" bytes, expected ${PEER_IP_BYTES}`,
    );
  }
  const datagram = new Uint8Array(HANDSHAKE_BYTES + extensions.length);
  const view = new DataView(datagram.buffer);
  view.setUint8(0, CONTROL_BYTE);
  view.setUint32(8, handshake.timestampUs);
  view.setUint32(12, handshake.destinationSocketId);
  view.setUint32(16, handshake.version);
  view.setUint16(20, handshake.encryption);
  view.setUint16(22, handshake.extension);
  view.setUint32(24, handshake.initialSequence);
  view.setUint32(28, handshake.mss);
  view.setUint32(32, handshake.flowWindow);
  view.setUint32(36, handshake.type);
  view.setUint32(40, handshake.socketId);
  view.setUint32(44, handshake.cookie);
  datagram.set(handshake.peerIp, 48);
  datagram.set(extensions, HANDSHAKE_BYTES);
  return datagram;
}
