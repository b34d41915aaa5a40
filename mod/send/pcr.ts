/**
 * The program clock reference of one TS packet.
 *
 * @module
 */

import { decodePcr } from "../ts/stream_clock.ts";

/** A PCR, with the PID of its packet. */
export interface Pcr {
  readonly pid: number;
  /** 0 to 2^33 * 300 - 1. */
  readonly ticks: number;
  /** The clock jumps here (discontinuity_indicator). */
  readonly jumps: boolean;
}

/**
 * Reads the PCR of the packet at `offset`, or returns null if it has none or is damaged (ISO/IEC 13818-1, 2.4.3.4).
 *
 * @param bytes Contain a whole packet at `offset`, which begins with the sync byte.
 */
export function readPcr(bytes: Uint8Array, offset: number): Pcr | null {
  const at = (index: number): number => bytes[offset + index] ?? 0;
  const damaged = (at(1) & 0x80) !== 0;
  const hasAdaptationField = (at(3) & 0x20) !== 0;
  // 7: the flags and the six bytes of the PCR
  if (damaged || !hasAdaptationField || at(4) < 7 || (at(5) & 0x10) === 0) return null;
  const ticks = decodePcr(bytes, offset + 6);
  return { pid: ((at(1) & 0x1f) << 8) | at(2), ticks, jumps: (at(5) & 0x80) !== 0 };
}
