/**
 * The caller in a rehearsal (`rehearsal.ts`), the session that a spare runs before it waits: a CONCLUSION, and some packets with a
 * transport stream, of which one is missing.
 *
 * @module
 */

import type { CallerSocket } from "../os/caller_socket.ts";
import { predictCookie } from "../packet/cookie.ts";
import { encodeExtensions, EXTENSION_COMMAND, EXTENSION_FLAG } from "../packet/extension.ts";
import { encodeHandshake, HANDSHAKE_TYPE, HANDSHAKE_VERSION } from "../packet/handshake.ts";
import { HEADER_BYTES } from "../packet/header.ts";
import { encodeHsreq, HSREQ_FLAG } from "../packet/hsreq.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** Its socket ID, and the sequence number of its first packet. */
export const REHEARSED = { callerSocketId: 1, initialSequence: 1 } as const;

const TS_PACKET_BYTES = 188;
/** PAT, PMT, and a video frame with PCR and PTS, without the stuffing after each. Made by hand from ISO/IEC 13818-1. */
const TS_PACKETS: readonly string[] = [
  "474000100000b00d0001c100000001e100e8f95e7d",
  "474100100002b0120001c10000e101f0001be101f0004fc43d1b",
  "4741013007500000afc87e00000001e00000808005210005bf21000000010910",
];

/** The sequence of packets, of which one is missing. */
const PACKETS = { count: 7, missing: 1 } as const;
/** Payload of all packets that are sent. */
export const REHEARSED_BYTES = (PACKETS.count - 1) * TS_PACKETS.length * TS_PACKET_BYTES;
/** A whole message, to be delivered in order (draft-sharabayko-srt 3.1). */
const SOLO_IN_ORDER = 0xe000_0000;

/** Sends the CONCLUSION. `address`: that of the socket. */
export function conclude(socket: CallerSocket, address: Endpoint): void {
  const { TSBPDSND, TSBPDRCV, CRYPT, TLPKTDROP, NAKREPORT, REXMITFLG } = HSREQ_FLAG;
  const flags = TSBPDSND | TSBPDRCV | CRYPT | TLPKTDROP | NAKREPORT | REXMITFLG;
  const hsreq = encodeHsreq({ srtVersion: "1.5.1", flags, receiverLatencyMs: 0, senderLatencyMs: 0 });
  const conclusion = encodeHandshake({
    kind: "handshake",
    timestampUs: 0,
    destinationSocketId: 0,
    version: HANDSHAKE_VERSION.HSV5,
    encryption: 0,
    extension: EXTENSION_FLAG.HSREQ,
    initialSequence: REHEARSED.initialSequence,
    mss: 1500,
    flowWindow: 8192,
    type: HANDSHAKE_TYPE.CONCLUSION,
    socketId: REHEARSED.callerSocketId,
    cookie: predictCookie(address),
    peerIp: new Uint8Array(16),
  }, encodeExtensions([{ command: EXTENSION_COMMAND.HSREQ, data: hsreq }]));
  socket.send(conclusion);
}

/** Sends the packets to the connection with this socket ID. */
export function sendPackets(socket: CallerSocket, socketId: number): void {
  const payload = transportStream();
  for (let index = 0; index < PACKETS.count; index += 1) {
    if (index === PACKETS.missing) continue;
    const packet = new Uint8Array(HEADER_BYTES + payload.length);
    const header = new DataView(packet.buffer);
    header.setUint32(0, REHEARSED.initialSequence + index);
    header.setUint32(4, SOLO_IN_ORDER | (index + 1));
    header.setUint32(8, index);
    header.setUint32(12, socketId);
    packet.set(payload, HEADER_BYTES);
    socket.send(packet);
  }
}

function transportStream(): Uint8Array {
  const payload = new Uint8Array(TS_PACKETS.length * TS_PACKET_BYTES).fill(0xff);
  for (const [index, packet] of TS_PACKETS.entries()) {
    for (let at = 0; at < packet.length; at += 2) {
      payload[index * TS_PACKET_BYTES + at / 2] = parseInt(packet.slice(at, at + 2), 16);
    }
  }
  return payload;
}
