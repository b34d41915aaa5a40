/**
 * The figures of lost packets and their names, for lines and tables.
 *
 * @module
 */

import type { SessionEndEvent, StatsEvent } from "../vocabulary/events.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import { formatCount } from "./format.ts";

/** Reports whether any payload of a session has arrived. Without payload, its figures are meaningless. */
export function hasPayload({ bytes, statistics }: Pick<StatsEvent | SessionEndEvent, "bytes" | "statistics">): boolean {
  return bytes > 0 || (statistics?.pktRecvTotal ?? 0) > 0;
}

/** Returns how many packets were found missing but not given up: retransmitted, restored by FEC, or only out of order. */
export function recoveredPackets(
  { pktRcvLossTotal, pktRcvDropTotal }: Pick<SrtStatistics, "pktRcvLossTotal" | "pktRcvDropTotal">,
): number {
  return Math.max(0, pktRcvLossTotal - pktRcvDropTotal);
}

/** Formats the losses of a session as parts of a line: `recovered 844 packets`, `missing 0 packets`, and further ones if any. */
export function lossParts(statistics: SrtStatistics): readonly (string | null)[] {
  const countPart = (name: string, count: number | null) => count ? `${name} ${formatCount(count, "packet")}` : null;
  return [
    `recovered ${formatCount(recoveredPackets(statistics), "packet")}`,
    `missing ${formatCount(statistics.pktRcvDropTotal, "packet")}`,
    countPart("restored by FEC", statistics.pktRcvFilterSupplyTotal),
    countPart("undecryptable", statistics.pktRcvUndecryptTotal),
    countPart("dropped by this machine", statistics.pktKernelDropTotal),
    countPart("not delivered", statistics.pktUndeliveredTotal),
  ];
}
