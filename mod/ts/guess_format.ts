/**
 * What a payload looks like that is not plain TS, from its first bytes.
 *
 * @module
 */

import { PACKET_BYTES, SYNC_BYTE } from "./packet_sync.ts";

/** How many first bytes are worth keeping. */
export const GUESS_BYTES = 1024;

/** First bytes (`..` for any) and what begins with them; the more exact ones first. */
const BEGINNINGS: readonly (readonly [pattern: string, text: string])[] = [
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

/** Sizes that TS packets also come in: with a time stamp before each (Blu-ray), with error correction behind each. */
const OTHER_TS: readonly (readonly [size: number, first: number, text: string])[] = [
  [192, 4, "TS in packets of 192 bytes (M2TS, with time stamps)"],
  [192, 0, "TS in packets of 192 bytes"],
  [204, 0, "TS in packets of 204 bytes (with Reed-Solomon bytes)"],
];

/** RTP version 2, and the header's length without extensions (RFC 3550, 5.1). */
const RTP = { version: 2, headerBytes: 12, tsPayloadType: 33 } as const;

/** Names the format of a payload that begins with `head`. */
export function guessFormat(head: Uint8Array): string | null {
  const otherTs = OTHER_TS.find(([size, first]) => isEvery(head, first, size));
  if (otherTs !== undefined) return otherTs[2];
  const beginning = BEGINNINGS.find(([pattern]) => begins(head, pattern.split(" ")));
  if (beginning !== undefined) return beginning[1];
  if (isRtp(head)) return "RTP (with a TS inside)";
  return isText(head) ? "text" : null;
}

/** Whether the sync byte stands at `first` and then each `size` bytes, three times at least. */
function isEvery(head: Uint8Array, first: number, size: number): boolean {
  if (head.length <= first + 2 * size) return false;
  for (let at = first; at < head.length; at += size) if (head[at] !== SYNC_BYTE) return false;
  return true;
}

function begins(head: Uint8Array, pattern: readonly string[]): boolean {
  return head.length >= pattern.length && pattern.every((hex, at) => hex === ".." || parseInt(hex, 16) === head[at]);
}

function isRtp(head: Uint8Array): boolean {
  const { version, headerBytes, tsPayloadType } = RTP;
  if (head.length < headerBytes + PACKET_BYTES || (head[0] as number) >> 6 !== version) return false;
  return ((head[1] as number) & 0x7f) === tsPayloadType && head[headerBytes] === SYNC_BYTE;
}

/** UTF-8 without control characters other than tabs and line ends. */
function isText(head: Uint8Array): boolean {
  if (head.length === 0 || head.some((byte) => (byte < 32 && ![9, 10, 13].includes(byte)) || byte === 127)) {
    return false;
  }
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head, { stream: true }); // the last character may be cut
    return true;
  } catch {
    return false;
  }
}
