/**
 * The statistics of a session: those of libsrt, under its names (`docs/API/statistics.md` in its repository), and those that this
 * program computes.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { count, nullable, type ValueOf } from "./schema.ts";

/** The schema of {@linkcode SrtStatistics}. */
export const SrtStatistics = Type.Object({
  pktRecvTotal: count("Packets received, retransmitted ones included."),
  pktRecvUniqueTotal: count(
    "Packets that libsrt has to deliver: each counts once, and so do those that a packet filter restored.",
  ),
  pktRcvLossTotal: count("Packets found missing when a later one arrived. Most of them are retransmitted in time."),
  pktRcvDropTotal: count("Packets that libsrt gave up waiting for. They are never delivered."),
  pktRcvRetransTotal: count("Packets that arrived by retransmission."),
  pktRcvFilterSupplyTotal: count("Packets that the packet filter (FEC) restored. Since schema 3."),
  pktRcvUndecryptTotal: count("Packets that could not be decrypted."),
  pktRcvBelated: count("Packets that arrived after their time of delivery."),
  pktKernelDropTotal: nullable(
    count("Datagrams."),
    "Datagrams that this machine's own receive buffer had no room for; null if not measured.",
  ),
  pktUndeliveredTotal: nullable(
    count("Packets."),
    "Packets that arrived in time and were not delivered; null until the session ends.",
  ),
  byteRecvTotal: count("Bytes received, headers included (44 for each packet over IPv4)."),
  msRTT: Type.Number({ minimum: 0, description: "Smoothed round-trip time in ms." }),
  mbpsRecvRate: Type.Number({
    minimum: 0,
    description: "Receiving rate in Mbit/s between the last two readings of libsrt, usually 200 ms apart.",
  }),
  msRcvBuf: count("Time span of the payload in the receiver buffer, in ms."),
  msRcvTsbPdDelay: count("TSBPD delay in ms: the latency in force."),
}, {
  $id: "statistics",
  description:
    "Statistics of one connection: libsrt's, under its names, and pktRcvRetransTotal, pktKernelDropTotal and " +
    "pktUndeliveredTotal, which libsrt does not have. Totals and pktRcvBelated count from the start of the session.",
});

/** Statistics of one connection. Totals and `pktRcvBelated` count from the start of the session. */
export type SrtStatistics = ValueOf<typeof SrtStatistics>;
