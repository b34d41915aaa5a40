/**
 * Decodes and encodes the GROUP block of a caller that is one link of a bonded group.
 *
 * @module
 */

import { type Malformed, malformed } from "./malformed.ts";

/** Group types (draft-sharabayko-srt 3.2.1.4). */
export const GROUP_TYPE = { UNDEFINED: 0, BROADCAST: 1, BACKUP: 2 } as const;

const GROUP_BYTES = 8;

/** A decoded GROUP block. */
export interface Group {
  /** 32 bits; libsrt sets bit 30 in the ID of every group. */
  readonly id: number;
  /** 8 bits; one of {@linkcode GROUP_TYPE}, or unknown. */
  readonly type: number;
  /** 8 bits; bit 0: synchronized by message numbers. */
  readonly flags: number;
  /** 0..65535; a backup group prefers the link with the highest weight. */
  readonly weight: number;
}

/**
 * Decodes the data of a GROUP block.
 *
 * @param data The data of the block; bytes after the eighth are ignored, as in libsrt
 * @returns The group, or {@linkcode Malformed} (draft-sharabayko-srt 3.2.1.4)
 */
export function decodeGroup(data: Uint8Array): Group | Malformed {
  if (data.length < GROUP_BYTES) return malformed(`GROUP too short: ${data.length} bytes, at least ${GROUP_BYTES}`);
  const view = new DataView(data.buffer, data.byteOffset, GROUP_BYTES);
  return { id: view.getUint32(0), type: view.getUint8(4), flags: view.getUint8(5), weight: view.getUint16(6) };
}

/**
 * Encodes the data of a GROUP block; numbers are truncated to the width of their fields.
 *
 * @returns The data of the block, 8 new bytes
 */
export function encodeGroup(group: Group): Uint8Array {
  const data = new Uint8Array(GROUP_BYTES);
  const view = new DataView(data.buffer);
  view.setUint32(0, group.id);
  view.setUint8(4, group.type);
  view.setUint8(5, group.flags);
  view.setUint16(6, group.weight);
  return data;
}
