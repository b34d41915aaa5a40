/**
 * The program clock reference of one TS packet.
 *
 * @module
 */

/** Bytes of a TS packet. */
export const TS_PACKET_BYTES = 188;

/** First byte of every TS packet. */
export const SYNC_BYTE = 0x47;

/** Ticks of a PCR in one ms (27 MHz). */
export const TICKS_PER_MS = 27_000;

/** A PCR wraps at 2^33 times 300 ticks. */
export const PCR_WRAP = 2 ** 33 * 300;

/** A clock reference. */
export interface Pcr {
  readonly pid: number;
  /** 0 to {@linkcode PCR_WRAP}. */
  readonly ticks: number;
  /** The clock jumps here (discontinuity_indicator). */
  readonly jumps: boolean;
}

/**
 * Reads the PCR of the packet at `offset` (ISO/IEC 13818-1, 2.4.3.4).
 *
 * @param bytes Has a whole packet there, beginning with {@linkcode SYNC_BYTE}.
 */
export function readPcr(bytes: Uint8Array, offset: number): Pcr | null {
  const at = (index: number): number => bytes[offset + index] ?? 0;
  const damaged = (at(1) & 0x80) !== 0;
  const hasAdaptationField = (at(3) & 0x20) !== 0;
  // 7: the flags and the six bytes of the PCR
  if (damaged || !hasAdaptationField || at(4) < 7 || (at(5) & 0x10) === 0) return null;
  const base = at(6) * 2 ** 25 + (at(7) << 17) + (at(8) << 9) + (at(9) << 1) + (at(10) >> 7);
  const extension = ((at(10) & 1) << 8) | at(11);
  return { pid: ((at(1) & 0x1f) << 8) | at(2), ticks: base * 300 + extension, jumps: (at(5) & 0x80) !== 0 };
}
