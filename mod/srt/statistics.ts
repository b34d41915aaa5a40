/**
 * The statistics of one connection: the layout of libsrt's `SRT_TRACEBSTATS`, and the figures that are read from it.
 *
 * @module
 */

import type { SrtStatistics } from "../vocabulary/statistics.ts";

/**
 * Size of the buffer for `SRT_TRACEBSTATS`, in bytes. The structure has 496 bytes in every version from 1.4.2 to 1.5.5, and
 * libsrt promises to add fields at its end only: the rest of the buffer is for such fields (our choice).
 */
export const STATISTICS_BYTES = 1024;

/** Offsets of the fields that are read, in bytes; source: `struct CBytePerfMon` in libsrt `srtcore/srt.h`. */
export const STATISTICS_OFFSETS = {
  msTimeStamp: 0, // int64_t msTimeStamp;
  pktRecvTotal: 16, // int64_t pktRecvTotal;
  pktRcvLossTotal: 28, // int pktRcvLossTotal;
  pktSentACKTotal: 36, // int pktSentACKTotal;
  pktRcvDropTotal: 68, // int pktRcvDropTotal;
  pktRcvUndecryptTotal: 72, // int pktRcvUndecryptTotal;
  byteRecvTotal: 88, // uint64_t byteRecvTotal;
  pktRcvRetrans: 164, // int pktRcvRetrans;
  mbpsRecvRate: 192, // double mbpsRecvRate;
  pktReorderDistance: 208, // int pktReorderDistance;
  pktRcvBelated: 224, // int64_t pktRcvBelated;
  msRTT: 328, // double msRTT;
  pktRcvBuf: 380, // int pktRcvBuf;
  msRcvBuf: 388, // int msRcvBuf;
  msRcvTsbPdDelay: 392, // int msRcvTsbPdDelay;
  pktRcvFilterSupplyTotal: 404, // int pktRcvFilterSupplyTotal;
  pktRecvUniqueTotal: 440, // int64_t pktRecvUniqueTotal;
} as const;

/** The statistics that libsrt itself keeps. */
export type ConnectionStatistics = Omit<SrtStatistics, "pktKernelDropTotal" | "pktUndeliveredTotal">;

/**
 * Reads the figures from a structure that `srt_bistats` has filled with `clear` = 1.
 *
 * @param structure {@linkcode STATISTICS_BYTES} bytes in native byte order; read only during the call.
 * @param before The previous statistics, or null: libsrt counts some fields only since the last call of `srt_bistats`.
 */
export function decodeStatistics(structure: DataView, before: ConnectionStatistics | null): ConnectionStatistics {
  const at = STATISTICS_OFFSETS;
  return {
    pktRecvTotal: Number(structure.getBigInt64(at.pktRecvTotal, LITTLE_ENDIAN)),
    pktRecvUniqueTotal: Number(structure.getBigInt64(at.pktRecvUniqueTotal, LITTLE_ENDIAN)),
    pktRcvLossTotal: structure.getInt32(at.pktRcvLossTotal, LITTLE_ENDIAN),
    pktRcvDropTotal: structure.getInt32(at.pktRcvDropTotal, LITTLE_ENDIAN),
    pktRcvRetransTotal: structure.getInt32(at.pktRcvRetrans, LITTLE_ENDIAN) + (before?.pktRcvRetransTotal ?? 0),
    pktRcvFilterSupplyTotal: structure.getInt32(at.pktRcvFilterSupplyTotal, LITTLE_ENDIAN),
    pktRcvUndecryptTotal: structure.getInt32(at.pktRcvUndecryptTotal, LITTLE_ENDIAN),
    pktRcvBelated: Number(structure.getBigInt64(at.pktRcvBelated, LITTLE_ENDIAN)) + (before?.pktRcvBelated ?? 0),
    byteRecvTotal: Number(structure.getBigUint64(at.byteRecvTotal, LITTLE_ENDIAN)),
    msRTT: structure.getFloat64(at.msRTT, LITTLE_ENDIAN),
    mbpsRecvRate: structure.getFloat64(at.mbpsRecvRate, LITTLE_ENDIAN),
    msRcvBuf: structure.getInt32(at.msRcvBuf, LITTLE_ENDIAN),
    msRcvTsbPdDelay: structure.getInt32(at.msRcvTsbPdDelay, LITTLE_ENDIAN),
  };
}

/** Packets that have arrived, and how many of them could not be decrypted. */
export interface ArrivedPackets {
  /** Without duplicates. */
  readonly packets: number;
  readonly undecryptable: number;
}

/** Reads these two numbers. They do not depend on when `srt_bistats` was last called with `clear` = 1. */
export function decodeArrivedPackets(structure: DataView): ArrivedPackets {
  return {
    packets: Number(structure.getBigInt64(STATISTICS_OFFSETS.pktRecvUniqueTotal, LITTLE_ENDIAN)),
    undecryptable: structure.getInt32(STATISTICS_OFFSETS.pktRcvUndecryptTotal, LITTLE_ENDIAN),
  };
}

/** Packets in the receiver buffer, those after a gap included. */
export function decodeWaitingPackets(structure: DataView): number {
  return structure.getInt32(STATISTICS_OFFSETS.pktRcvBuf, LITTLE_ENDIAN);
}

/** Time since the connection began, in ms. */
export function decodeAge(structure: DataView): number {
  return Number(structure.getBigInt64(STATISTICS_OFFSETS.msTimeStamp, LITTLE_ENDIAN));
}

/** ACKs sent so far. */
export function decodeSentAcks(structure: DataView): number {
  return structure.getInt32(STATISTICS_OFFSETS.pktSentACKTotal, LITTLE_ENDIAN);
}

/**
 * How far packets that were not retransmitted arrived out of order, in packets, since the last call of `srt_bistats`; 0: all
 * arrived in order.
 */
export function decodeReorderDistance(structure: DataView): number {
  return structure.getInt32(STATISTICS_OFFSETS.pktReorderDistance, LITTLE_ENDIAN);
}

// Deno runs on little-endian machines only (x86-64 and ARM64).
const LITTLE_ENDIAN = true;
