/**
 * The statistics of a session while it runs: libsrt's, read at intervals, and what follows from them.
 *
 * @module
 */

import type { Connection } from "../srt/connection.ts";
import type { ConnectionStatistics } from "../srt/statistics.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import { DeliveryMonitor } from "./delivery_monitor.ts";
import type { Receiver } from "./receiver.ts";

/**
 * How often libsrt's statistics are read:
 *
 * - `gaps`: in rounds that met a gap.
 * - `rest`: in each round once no payload has arrived for 200 ms. Otherwise `CallerMonitor` could take the first data packet after
 *   a pause for a new call.
 * - `ending`: in each round once the end is decided.
 */
const READ_MS = { usual: 200, gaps: 20, rest: 0, ending: 0 } as const;

/** What a round found. */
interface Round {
  /** Whether a gap was met. */
  readonly gap: boolean;
  /** Whether the end is decided. */
  readonly isEnding: boolean;
}

/** Statistics of one session. */
export class SessionStatistics {
  readonly #connection: Pick<Connection, "statistics" | "waitingPackets">;
  readonly #receiver: Pick<Receiver, "messages">;
  readonly #payload: DeliveryMonitor;
  #last: ConnectionStatistics | null = null;
  #readMs = -Infinity;

  /** @param nowMs Of the same monotonic clock as in the methods. */
  constructor(
    { connection, receiver }: {
      readonly connection: Pick<Connection, "statistics" | "waitingPackets">;
      readonly receiver: Pick<Receiver, "messages">;
    },
    nowMs: number,
  ) {
    this.#connection = connection;
    this.#receiver = receiver;
    this.#payload = new DeliveryMonitor(nowMs);
  }

  /** Reads libsrt's statistics if they are due. Called in each round. */
  update(nowMs: number, round: Round): void {
    if (nowMs - this.#readMs < READ_MS[this.#paceOf(nowMs, round)]) return;
    this.#readMs = nowMs;
    this.#last = this.#connection.statistics();
    this.#payload.update({
      nowMs,
      arrivedPackets: this.#last?.pktRecvTotal ?? 0,
      waitingPackets: this.undelivered,
      deliveredMessages: this.#receiver.messages,
    });
  }

  /**
   * Packets that have arrived and were not delivered. The number of packets in libsrt's buffer is not enough: it is stale while
   * libsrt is busy, and after the connection has ended.
   */
  get undelivered(): number {
    const arrived = this.#last?.pktRecvUniqueTotal ?? 0;
    return Math.max(this.#connection.waitingPackets, arrived - this.#receiver.messages);
  }

  /** Whether any payload has arrived; its first packet is delivered one latency later. */
  get hasPayload(): boolean {
    return this.#receiver.messages > 0 || (this.#last?.pktRecvTotal ?? 0) > 0;
  }

  /** Whether packets have arrived that could not be decrypted. */
  get hasUndecryptable(): boolean {
    return (this.#last?.pktRcvUndecryptTotal ?? 0) > 0;
  }

  /** Packets that libsrt gave up waiting for: they are missing in the recording. */
  get missingPackets(): number {
    return this.#last?.pktRcvDropTotal ?? 0;
  }

  /** Round-trip time in ms; 0 if it is not known. */
  get roundTripMs(): number {
    return this.#last?.msRTT ?? 0;
  }

  /** How long no payload has arrived, in ms. */
  idleMs(nowMs: number): number {
    return this.#payload.idleMs(nowMs);
  }

  /** How long payload has arrived without any being delivered, in ms. */
  undeliveredMs(nowMs: number): number {
    return this.#payload.undeliveredMs(nowMs);
  }

  /** Returns libsrt's statistics, and what only this side counts; null if none have been read yet. */
  report(
    { kernelDrops, isEnding }: { readonly kernelDrops: number; readonly isEnding: boolean },
  ): SrtStatistics | null {
    return this.#last && {
      ...this.#last,
      pktKernelDropTotal: kernelDrops,
      pktUndeliveredTotal: isEnding ? this.undelivered : null,
    };
  }

  #paceOf(nowMs: number, { gap, isEnding }: Round): keyof typeof READ_MS {
    if (isEnding) return "ending";
    if (gap) return "gaps";
    return this.idleMs(nowMs) >= READ_MS.usual ? "rest" : "usual";
  }
}
