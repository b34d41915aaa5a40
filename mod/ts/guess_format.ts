/**
 * Names the format of a payload that is not plain TS, by its first bytes.
 *
 * @module
 */

import { PACKET_BYTES, SYNC_BYTE } from "./packet_sync.ts";
import { byteAt, wordAt } from "./parse_section.ts";

/** Number of bytes at the start of a payload that are enough for a guess: more than two datagrams. */
export const GUESS_BYTES = 4096;

/** First bytes (`..` for any) and the format that starts with them; the more specific ones first. */
const SIGNATURES: readonly (readonly [pattern: string, format: string])[] = [
  ["46 4c 56 01", "FLV"],
  ["1a 45 df a3", "Matroska or WebM"],
  [".. .. .. .. 66 74 79 70", "MP4"],
  [".. .. .. .. 73 74 79 70", "fragmented MP4"],
  [".. .. .. .. 6d 6f 6f 66", "fragmented MP4"],
  ["06 0e 2b 34", "MXF"],
  ["4f 67 67 53", "Ogg"],
  ["52 49 46 46", "RIFF (WAV or AVI)"],
  ["00 00 01 ba", "MPEG program stream"],
  ["00 00 00 01", "raw H.264 or H.265"],
  ["00 00 01", "raw video"],
  ["49 44 33", "MP3"],
  ["ff f1", "AAC (ADTS)"],
  ["ff f9", "AAC (ADTS)"],
];

/** RTP version, and the lengths of the fixed header, of a CSRC, and of the header of an extension (RFC 3550, 5.1, 5.3.1). */
const RTP = { version: 2, headerBytes: 12, csrcBytes: 4, extensionBytes: 4 } as const;
/** RTP payload type of a TS (RFC 3551, table 5). */
const TS_PAYLOAD_TYPE = 33;
/** Our choice: an RTP stream is recognized even if up to this many datagrams after the first one are lost. */
const MAX_LOST = 15;

/** Names the format of a payload that starts with `head`, or returns null if it is unknown. */
export function guessFormat(head: Uint8Array): string | null {
  const signature = SIGNATURES.find(([pattern]) => startsWith(head, pattern.split(" ")));
  if (signature !== undefined) return signature[1];
  const hasTs = head[rtpHeaderBytes(head)] === SYNC_BYTE;
  if (isRtp(head) || isRtpTs(head)) return hasTs ? "RTP with TS inside" : "RTP";
  return isText(head) ? "text" : null;
}

/**
 * Reports whether a payload that starts with `head` is a series of RTP datagrams: a second header continues the sequence
 * numbers of the first one, with the same payload type and SSRC. Once true for a payload, it stays true when more bytes follow.
 */
export function isRtp(head: Uint8Array): boolean {
  if (!isRtpHeader(head, 0)) return false;
  for (let at = RTP.headerBytes; at + RTP.headerBytes <= head.length; at += 1) {
    if (isRtpHeader(head, at) && continues(head, at)) return true;
  }
  return false;
}

function isRtpHeader(head: Uint8Array, at: number): boolean {
  return at + RTP.headerBytes <= head.length && byteAt(head, at) >> 6 === RTP.version;
}

/** Reports whether the header at `at` belongs to the stream of the first one, and follows it closely. */
function continues(head: Uint8Array, at: number): boolean {
  const ahead = (wordAt(head, at + 2) - wordAt(head, 2)) & 0xffff;
  return ahead >= 1 && ahead <= 1 + MAX_LOST &&
    payloadType(head, at) === payloadType(head, 0) &&
    wordAt(head, at + 8) === wordAt(head, 8) && wordAt(head, at + 10) === wordAt(head, 10);
}

/** Reports whether `head` starts with an RTP datagram that is marked as TS and contains TS. */
function isRtpTs(head: Uint8Array): boolean {
  const payloadAt = rtpHeaderBytes(head);
  return isRtpHeader(head, 0) && payloadType(head, 0) === TS_PAYLOAD_TYPE &&
    head.length >= payloadAt + PACKET_BYTES && head[payloadAt] === SYNC_BYTE;
}

/** Length of the first RTP header with its CSRCs and its extension. */
function rtpHeaderBytes(head: Uint8Array): number {
  const fixed = RTP.headerBytes + (byteAt(head, 0) & 0x0f) * RTP.csrcBytes;
  const hasExtension = (byteAt(head, 0) & 0x10) !== 0;
  return hasExtension ? fixed + RTP.extensionBytes + wordAt(head, fixed + 2) * 4 : fixed;
}

function payloadType(head: Uint8Array, at: number): number {
  return byteAt(head, at + 1) & 0x7f;
}

function startsWith(head: Uint8Array, pattern: readonly string[]): boolean {
  return head.length >= pattern.length && pattern.every((hex, at) => hex === ".." || parseInt(hex, 16) === head[at]);
}

/** Reports whether `head` is UTF-8 without control characters other than tabs and line ends. */
function isText(head: Uint8Array): boolean {
  if (head.length === 0 || head.some((byte) => (byte < 32 && ![9, 10, 13].includes(byte)) || byte === 127)) {
    return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true }); // the last character may be cut off
    return true;
  } catch {
    return false;
  }
}
