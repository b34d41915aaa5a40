/**
 * Reads the rejections that libsrt sends. A child does that before its caller is accepted, without loading `reply.ts`.
 *
 * @module
 */

import { decodeHandshake, MAX_REASON, REJECTION_BASE } from "./handshake.ts";
import { HANDSHAKE_BYTES } from "./header.ts";

/** Source port, destination port, length, checksum. */
const UDP_HEADER_BYTES = 8;
const UDP_LENGTH_OFFSET = 4;

/**
 * Reads the reason (API value) of a rejection.
 *
 * @param packet A packet of any kind as it was sent, with its IP and UDP headers
 * @param callerSocketId The socket ID in the caller's CONCLUSION, unsigned
 * @returns Null if the packet is not a rejection, or is for another socket
 */
export function readSentRejection(packet: Uint8Array, callerSocketId: number): number | null {
  const at = packet.length - HANDSHAKE_BYTES;
  const udp = at - UDP_HEADER_BYTES;
  if (udp < 0) return null;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  if (view.getUint16(udp + UDP_LENGTH_OFFSET) !== UDP_HEADER_BYTES + HANDSHAKE_BYTES) return null;
  const handshake = decodeHandshake(packet.subarray(at));
  if (handshake.kind === "malformed" || handshake.destinationSocketId !== callerSocketId) return null;
  const reason = handshake.type - REJECTION_BASE;
  return reason >= 0 && reason <= MAX_REASON ? reason : null;
}
