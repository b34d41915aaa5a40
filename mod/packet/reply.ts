/**
 * Encodes the packets that the listener itself sends: INDUCTION responses, rejections and SHUTDOWN.
 *
 * @module
 */

import {
  encodeHandshake,
  type Handshake,
  HANDSHAKE_TYPE,
  HANDSHAKE_VERSION,
  INDUCTION_MAGIC,
  KEY_LENGTH_UNIT,
  MAX_REASON,
  REJECTION_BASE,
} from "./handshake.ts";
import { CONTROL_BYTE, CONTROL_TYPE, HEADER_BYTES } from "./header.ts";
import { REJECTION } from "./rejection_reason.ts";

/** libsrt pads packets without content with one word, because some network stacks do not send an empty iovec. */
const PADDING_BYTES = 4;

/**
 * Encodes the response to an INDUCTION: a copy of it with version 5, the SRT magic and the cookie.
 *
 * @param induction The request; or a CONCLUSION, for a second response that makes its caller send a new CONCLUSION
 * with another cookie
 * @param cookie 32 bits, as in the packet; see `predictCookie`
 * @param keyLength Key length in bytes that is proposed to the caller; 0 for none, so that the caller keeps its own
 * @returns 64 new bytes (draft-sharabayko-srt 4.3.1.1)
 */
export function encodeInductionResponse(
  induction: Handshake,
  cookie: number,
  { keyLength = 0 }: { readonly keyLength?: number } = {},
): Uint8Array<ArrayBuffer> {
  return encodeHandshake({
    ...induction,
    destinationSocketId: induction.socketId,
    version: HANDSHAKE_VERSION.HSV5,
    encryption: keyLength / KEY_LENGTH_UNIT,
    extension: INDUCTION_MAGIC,
    type: HANDSHAKE_TYPE.INDUCTION,
    cookie,
  });
}

/**
 * Encodes the rejection of a version 5 caller.
 *
 * @param request Its CONCLUSION, whose other fields are copied, as in libsrt
 * @param reason API value, see {@linkcode REJECTION}; 1000 is added on the wire
 * @returns 64 new bytes (libsrt srtcore/core.cpp, processConnectRequest)
 * @throws {RangeError} If the reason is negative or too large
 */
export function encodeRejection(request: Handshake, reason: number): Uint8Array<ArrayBuffer> {
  return encodeReason(request, HANDSHAKE_VERSION.HSV5, reason);
}

/**
 * Encodes the rejection of a version 4 caller, which understands SRT_REJ_PEER only. Send a SHUTDOWN a few milliseconds later.
 *
 * @param request Its CONCLUSION
 * @returns 64 new bytes
 */
export function encodeHsv4Rejection(request: Handshake): Uint8Array<ArrayBuffer> {
  return encodeReason(request, HANDSHAKE_VERSION.HSV4, REJECTION.PEER);
}

/**
 * Encodes a SHUTDOWN, which ends the connection of a caller at once. Do not send it to a version 5 caller during its handshake:
 * the caller would repeat the handshake without a pause.
 *
 * @param callerSocketId 32 bits, the socket ID in the caller's CONCLUSION
 * @returns 20 new bytes (draft-sharabayko-srt 3.2.7)
 */
export function encodeShutdown(callerSocketId: number): Uint8Array<ArrayBuffer> {
  const datagram = new Uint8Array(HEADER_BYTES + PADDING_BYTES);
  const view = new DataView(datagram.buffer);
  view.setUint8(0, CONTROL_BYTE);
  view.setUint8(1, CONTROL_TYPE.SHUTDOWN);
  view.setUint32(12, callerSocketId);
  return datagram;
}

function encodeReason(request: Handshake, version: number, reason: number): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(reason) || reason < 0 || reason > MAX_REASON) {
    throw new RangeError(`cannot encode rejection: reason "${reason}"`);
  }
  return encodeHandshake({
    ...request,
    destinationSocketId: request.socketId,
    version,
    type: REJECTION_BASE + reason,
  });
}
