/**
 * Hides streams of a transport stream from the player, by changing their type in the PMT to one that it leaves out. Pure.
 *
 * @module
 */

import type { HiddenStreams } from "./codecs.ts";

const PACKET_BYTES = 188;
const SYNC_BYTE = 0x47;
const PMT_TABLE = 2;
/** `stream_type` of private sections. */
const PRIVATE_SECTIONS = 5;
/** Bytes of a PMT in front of its program descriptors. */
const HEAD_BYTES = 12;
/** The checksum at the end of a PMT. mpegts.js does not read it, so it may be wrong. */
const CHECKSUM_BYTES = 4;

/** Hides streams in one stream that arrives in pieces. */
export class StreamHider {
  readonly #hidden: HiddenStreams;
  /** The beginning of a TS packet whose rest has not arrived. */
  #rest = new Uint8Array(0);

  constructor(hidden: HiddenStreams) {
    this.#hidden = hidden;
  }

  /**
   * Returns the next whole TS packets, with the hidden streams marked as private sections in the PMT. The first piece begins with a
   * packet. In a PMT that is longer than one packet, only streams in its first packet are hidden. Payload that is not in packets of
   * 188 bytes is returned unchanged.
   */
  pass(piece: Uint8Array): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#rest.length + piece.length);
    bytes.set(this.#rest);
    bytes.set(piece, this.#rest.length);
    let at = 0;
    for (; at + PACKET_BYTES <= bytes.length && bytes[at] === SYNC_BYTE; at += PACKET_BYTES) {
      this.#hideIn(bytes.subarray(at, at + PACKET_BYTES));
    }
    const lacksSync = at + PACKET_BYTES <= bytes.length; // the loop ended at a byte that is not a sync byte
    this.#rest = lacksSync ? new Uint8Array(0) : bytes.slice(at);
    return lacksSync ? bytes : bytes.slice(0, at);
  }

  #hideIn(packet: Uint8Array): void {
    const { pmtPid, pids } = this.#hidden;
    const startsUnit = (byte(packet, 1) & 0x40) !== 0;
    if (startsUnit && pidAt(packet, 1) === pmtPid) hideIn(sectionOf(packet), pids);
  }
}

/** The section that begins in a packet. */
function sectionOf(packet: Uint8Array): Uint8Array {
  const control = byte(packet, 3);
  const payloadAt = (control & 0x20) === 0 ? 4 : 5 + byte(packet, 4);
  return packet.subarray(payloadAt + 1 + byte(packet, payloadAt));
}

function hideIn(section: Uint8Array, pids: readonly number[]): void {
  if (byte(section, 0) !== PMT_TABLE) return;
  const end = Math.min(section.length, 3 + lengthAt(section, 1) - CHECKSUM_BYTES);
  for (let at = HEAD_BYTES + lengthAt(section, 10); at + 5 <= end; at += 5 + lengthAt(section, at + 3)) {
    if (pids.includes(pidAt(section, at + 1))) section[at] = PRIVATE_SECTIONS;
  }
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function pidAt(bytes: Uint8Array, at: number): number {
  return (byte(bytes, at) & 0x1f) << 8 | byte(bytes, at + 1);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (byte(bytes, at) & 0x0f) << 8 | byte(bytes, at + 1);
}
