/**
 * Decides when to report that the payload of a session has stopped or resumed, and that packets are missing. Reads no clock.
 *
 * @module
 */

import type { DataAgainEvent, MissingEvent, NoDataEvent } from "../vocabulary/events.ts";

/** The payload has stopped if none arrives for this long. Our choice: longer than the gaps of a stream with a low rate. */
const NO_DATA_MS = 2000;
/** Minimum time between two reports of missing packets. */
const MISSING_EACH_MS = 60_000;

/** An event without its common fields. */
type Bare<Event> = Omit<Event, "time" | "session" | "stream">;

/** The payload of a session, as of now. */
export interface PayloadState {
  /** Of a monotonic clock. */
  readonly nowMs: number;
  /** Whether any payload has arrived. */
  readonly hasPayload: boolean;
  /** How long no payload has arrived, in ms. */
  readonly idleMs: number;
  /** Packets that are missing so far. */
  readonly missingPackets: number;
  /** Whether the end is decided. */
  readonly isEnding: boolean;
}

/** Follows the payload of one session. */
export class PayloadTrouble {
  /** When the last payload before the reported pause arrived. Null while no pause is reported. */
  #pausedSinceMs: number | null = null;
  #missingPackets = 0;
  #missingMs = -Infinity;

  /**
   * Returns the report that is due: payload has stopped, or has resumed. Null if none is, before the first payload, and once the
   * end is decided.
   */
  pause({ nowMs, hasPayload, idleMs, isEnding }: PayloadState): Bare<NoDataEvent> | Bare<DataAgainEvent> | null {
    if (isEnding || !hasPayload) return null;
    if (this.#pausedSinceMs === null) {
      if (idleMs < NO_DATA_MS) return null;
      this.#pausedSinceMs = nowMs - idleMs;
      return { event: "no-data", idleMs: Math.round(idleMs) };
    }
    const arrivedMs = nowMs - idleMs;
    if (idleMs >= NO_DATA_MS || arrivedMs <= this.#pausedSinceMs) return null;
    const pausedMs = Math.round(arrivedMs - this.#pausedSinceMs);
    this.#pausedSinceMs = null;
    return { event: "data-again", pausedMs };
  }

  /**
   * Returns the report of missing packets that is due, or null; null once the end is decided. Packets not reported here are in the
   * totals of `session-end`.
   */
  missing({ nowMs, missingPackets, isEnding }: PayloadState): Bare<MissingEvent> | null {
    const packets = missingPackets - this.#missingPackets;
    if (packets <= 0 || isEnding || nowMs - this.#missingMs < MISSING_EACH_MS) return null;
    this.#missingPackets = missingPackets;
    this.#missingMs = nowMs;
    return { event: "missing", packets, totalPackets: missingPackets };
  }
}
