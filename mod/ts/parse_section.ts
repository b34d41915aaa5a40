/**
 * Parses PAT, PMT and SDT sections (ISO/IEC 13818-1, 2.4.4.3 and 2.4.4.8; ETSI EN 300 468, 5.2.3).
 *
 * @module
 */

import { decodeText } from "./decode_text.ts";
import { describeStream, type StreamDescription } from "./describe_stream.ts";

/** `table_id` of a PAT. */
export const PAT_TABLE = 0x00;
/** `table_id` of a PMT. */
export const PMT_TABLE = 0x02;

/** `table_id` of an SDT that describes the stream in which it is sent. */
export const SDT_TABLE = 0x42;

/** `service_descriptor` (ETSI EN 300 468, 6.2.33). */
const SERVICE_DESCRIPTOR = 0x48;

/** Length of the header up to `last_section_number`. */
const LONG_HEADER_BYTES = 8;
const CRC_BYTES = 4;
const NO_PCR_PID = 0x1fff;

/** A long section. */
export interface Section {
  readonly tableId: number;
  /** `transport_stream_id` of a PAT or an SDT, `program_number` of a PMT. */
  readonly id: number;
  readonly version: number;
  /** False if the section applies later only (`current_next_indicator`). */
  readonly current: boolean;
  /** `section_number`. */
  readonly number: number;
  /** `last_section_number`. */
  readonly last: number;
  /** The checksum at the end; equal checksums mean equal content. */
  readonly crc: number;
  /** The bytes between header and checksum; a view of the section. */
  readonly body: Uint8Array;
}

/** A program of a PAT. */
export interface PatEntry {
  readonly number: number;
  readonly pmtPid: number;
}

/** A parsed PMT. */
export interface Pmt {
  readonly pcrPid: number | null;
  readonly streams: readonly (StreamDescription & { readonly pid: number; readonly type: number })[];
}

/** Names of a service; null if the SDT has none. */
export interface ServiceNames {
  readonly number: number;
  readonly name: string | null;
  readonly provider: string | null;
}

/** Parses a section; null if it is not a long section. The checksum is not verified. */
export function parseSection(bytes: Uint8Array): Section | null {
  if (bytes.length < LONG_HEADER_BYTES + CRC_BYTES || (byteAt(bytes, 1) & 0x80) === 0) return null;
  return {
    tableId: byteAt(bytes, 0),
    id: wordAt(bytes, 3),
    version: byteAt(bytes, 5) >> 1 & 0x1f,
    current: (byteAt(bytes, 5) & 1) === 1,
    number: byteAt(bytes, 6),
    last: byteAt(bytes, 7),
    crc: wordAt(bytes, bytes.length - CRC_BYTES) * 0x10000 + wordAt(bytes, bytes.length - CRC_BYTES + 2),
    body: bytes.subarray(LONG_HEADER_BYTES, bytes.length - CRC_BYTES),
  };
}

/** Parses the body of a PAT. Program 0 (the PID of the NIT) is left out. */
export function parsePat(body: Uint8Array): readonly PatEntry[] {
  const entries: PatEntry[] = [];
  for (let at = 0; at + 4 <= body.length; at += 4) {
    const number = wordAt(body, at);
    if (number !== 0) entries.push({ number, pmtPid: wordAt(body, at + 2) & 0x1fff });
  }
  return entries;
}

/** Parses the body of a PMT; null if it is too short. A stream entry that is cut off is left out. */
export function parsePmt(body: Uint8Array): Pmt | null {
  if (body.length < 4) return null;
  const pcrPid = wordAt(body, 0) & 0x1fff;
  const streams: Pmt["streams"][number][] = [];
  let at = 4 + (wordAt(body, 2) & 0x0fff);
  while (at + 5 <= body.length) {
    const type = byteAt(body, at);
    const end = at + 5 + (wordAt(body, at + 3) & 0x0fff);
    if (end > body.length) break;
    streams.push({ pid: wordAt(body, at + 1) & 0x1fff, type, ...describeStream(type, body.subarray(at + 5, end)) });
    at = end;
  }
  return { pcrPid: pcrPid === NO_PCR_PID ? null : pcrPid, streams };
}

/** Parses the body of an SDT. */
export function parseSdt(body: Uint8Array): readonly ServiceNames[] {
  const services: ServiceNames[] = [];
  let at = 3;
  while (at + 5 <= body.length) {
    const end = at + 5 + (wordAt(body, at + 3) & 0x0fff);
    services.push({ number: wordAt(body, at), ...parseNames(body.subarray(at + 5, end)) });
    at = end;
  }
  return services;
}

function parseNames(descriptors: Uint8Array): Pick<ServiceNames, "name" | "provider"> {
  for (let at = 0; at + 2 <= descriptors.length; at += 2 + byteAt(descriptors, at + 1)) {
    if (descriptors[at] !== SERVICE_DESCRIPTOR) continue;
    const body = descriptors.subarray(at + 2, at + 2 + byteAt(descriptors, at + 1));
    const nameAt = 2 + byteAt(body, 1); // after type, length and provider
    const provider = decodeText(body.subarray(2, nameAt));
    const name = decodeText(body.subarray(nameAt + 1, nameAt + 1 + byteAt(body, nameAt)));
    return { name: name || null, provider: provider || null };
  }
  return { name: null, provider: null };
}

/** Returns a byte; 0 beyond the end. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Returns a 16-bit number in network order; bytes beyond the end are 0. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return byteAt(bytes, at) << 8 | byteAt(bytes, at + 1);
}
