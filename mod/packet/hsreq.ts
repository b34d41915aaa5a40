/**
 * Decodes and encodes the HSREQ block: the SRT version of a caller, its flags and both latencies.
 *
 * @module
 */

import { type Malformed, malformed } from "./malformed.ts";

/** Bits of the flags field (draft-sharabayko-srt 3.2.1.1.1). */
export const HSREQ_FLAG = {
  TSBPDSND: 0x01,
  TSBPDRCV: 0x02,
  CRYPT: 0x04,
  TLPKTDROP: 0x08,
  NAKREPORT: 0x10,
  REXMITFLG: 0x20,
  STREAM: 0x40,
  FILTERCAP: 0x80,
} as const;

const HSREQ_BYTES = 12;

/** A decoded HSREQ block. */
export interface Hsreq {
  /** Such as "1.5.1". */
  readonly srtVersion: string;
  /** 32 bits, see {@linkcode HSREQ_FLAG}; unknown bits are kept. */
  readonly flags: number;
  /** TSBPD delay that the caller requests for what it receives, 0..65535 ms. */
  readonly receiverLatencyMs: number;
  /** TSBPD delay that the caller requests for what it sends, 0..65535 ms. The larger of both sides' values is used. */
  readonly senderLatencyMs: number;
}

/**
 * Decodes the data of an HSREQ block.
 *
 * @param data The data of the block; bytes after the twelfth are ignored, as in libsrt
 * @returns The request, or {@linkcode Malformed} (draft-sharabayko-srt 3.2.1.1)
 */
export function decodeHsreq(data: Uint8Array): Hsreq | Malformed {
  if (data.length < HSREQ_BYTES) return malformed(`HSREQ too short: ${data.length} bytes, at least ${HSREQ_BYTES}`);
  const view = new DataView(data.buffer, data.byteOffset, HSREQ_BYTES);
  return {
    srtVersion: `${view.getUint8(1)}.${view.getUint8(2)}.${view.getUint8(3)}`,
    flags: view.getUint32(4),
    receiverLatencyMs: view.getUint16(8),
    senderLatencyMs: view.getUint16(10),
  };
}

/** Returns libsrt's number for a version: 0x010501 for `1.5.1`. */
export function versionNumber(srtVersion: string): number {
  return srtVersion.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/**
 * Encodes the data of an HSREQ block; numbers are truncated to the width of their fields.
 *
 * @returns The data of the block, 12 new bytes
 * @throws {RangeError} If the version does not have the form "1.5.1"
 */
export function encodeHsreq(hsreq: Hsreq): Uint8Array {
  const version = hsreq.srtVersion.split(".").map(Number);
  if (version.length !== 3 || !version.every((part) => Number.isInteger(part) && part >= 0 && part <= 0xff)) {
    throw new RangeError(`cannot encode HSREQ: SRT version "${hsreq.srtVersion}"`);
  }
  const data = new Uint8Array(HSREQ_BYTES);
  data.set(version, 1);
  const view = new DataView(data.buffer);
  view.setUint32(4, hsreq.flags);
  view.setUint16(8, hsreq.receiverLatencyMs);
  view.setUint16(10, hsreq.senderLatencyMs);
  return data;
}
