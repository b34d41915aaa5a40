/**
 * The packets that the listener answers with itself.
 *
 * Called by the listener: INDUCTION responses from a caller socket, rejections, and the notice that a session died.
 *
 * @module
 */

import {
  encodeHandshake,
  type Handshake,
  HANDSHAKE_TYPE,
  HANDSHAKE_VERSION,
  INDUCTION_MAGIC,
  REJECTION_BASE,
} from "./handshake.ts";
import { CONTROL_BYTE, CONTROL_TYPE, HEADER_BYTES } from "./header.ts";
import { REJECTION } from "./rejection_reason.ts";

/** libsrt pads packets without content by one word, since some stacks send no empty iovec. */
const PADDING_BYTES = 4;

/** The type field is a signed 32-bit number in libsrt. */
const MAX_REASON = 0x7fffffff - REJECTION_BASE;

/**
 * Encodes the answer to an INDUCTION: its copy, with version 5, the SRT magic and the cookie.
 *
 * @param induction the request; or a CONCLUSION, for a second response to a caller that is to begin again with another cookie
 * @param cookie 32 bits, as it must stand in the packet; see predictCookie
 * @returns 64 new bytes (draft-sharabayko-srt 4.3.1.1)
 */
export function encodeInductionResponse(induction: Handshake, cookie: number): Uint8Array<ArrayBuffer> {
  return encodeHandshake({
    ...induction,
    destinationSocketId: induction.socketId,
    version: HANDSHAKE_VERSION.HSV5,
    // No key length is advertised: the caller would take it over, and its own choice is as good.
    encryption: 0,
    extension: INDUCTION_MAGIC,
    type: HANDSHAKE_TYPE.INDUCTION,
    cookie,
  });
}

/**
 * Encodes the rejection of a version 5 caller.
 *
 * @param request its CONCLUSION, of which the rest is copied as libsrt does
 * @param reason API value, see REJECTION and describeRejection; 1000 is added on the wire
 * @returns 64 new bytes (libsrt srtcore/core.cpp, processConnectRequest)
 * @throws {RangeError} when the reason is negative or too large
 */
export function encodeRejection(request: Handshake, reason: number): Uint8Array<ArrayBuffer> {
  return encodeRefusal(request, HANDSHAKE_VERSION.HSV5, reason);
}

/**
 * Encodes the rejection of a version 4 caller, which understands no other reason than SRT_REJ_PEER. To be followed by
 * encodeShutdown some milliseconds later.
 *
 * @param request its CONCLUSION
 * @returns 64 new bytes
 */
export function encodeHsv4Rejection(request: Handshake): Uint8Array<ArrayBuffer> {
  return encodeRefusal(request, HANDSHAKE_VERSION.HSV4, REJECTION.PEER);
}

/**
 * Encodes a SHUTDOWN, by which a connected caller learns at once that its session is gone. Never for a version 5
 * caller that is still in its handshake: it would send it again without a pause.
 *
 * @param callerSocketId 32 bits, the socket ID that the caller gave in its CONCLUSION
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

function encodeRefusal(request: Handshake, version: number, reason: number): Uint8Array<ArrayBuffer> {
  if (!Number.isInteger(reason) || reason < 0 || reason > MAX_REASON) {
    throw new RangeError(`Cannot encode rejection: reason "${reason}"`);
  }
  return encodeHandshake({
    ...request,
    destinationSocketId: request.socketId,
    version,
    type: REJECTION_BASE + reason,
  });
}
