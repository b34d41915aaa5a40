/**
 * Detects whether payload arrives, and whether libsrt delivers it.
 *
 * @module
 */

/** If no payload has arrived for this long and no packet waits for delivery, the caller has paused, and nothing can be stuck. */
const PAUSE_MS = 1000;

/** Counters of a session, as of now. */
export interface PayloadCounters {
  readonly nowMs: number;
  /** Data packets that have arrived, in total. */
  readonly arrivedPackets: number;
  /** Packets that have arrived and that libsrt has not delivered. */
  readonly waitingPackets: number;
  /** Messages that libsrt has delivered, in total. */
  readonly deliveredMessages: number;
}

/** Follows the counters of one session. */
export class DeliveryMonitor {
  #arrivedPackets = 0;
  #deliveredMessages = 0;
  #arrivedMs: number;
  /** Since when payload has arrived without any being delivered, or null. */
  #undeliveredSinceMs: number | null = null;

  /** @param nowMs Of the same monotonic clock as the counters'. */
  constructor(nowMs: number) {
    this.#arrivedMs = nowMs;
  }

  /** Updates the counters; called several times a second. */
  update({ nowMs, arrivedPackets, waitingPackets, deliveredMessages }: PayloadCounters): void {
    const isDelivering = deliveredMessages !== this.#deliveredMessages;
    this.#deliveredMessages = deliveredMessages;
    if (isDelivering) this.#undeliveredSinceMs = null;
    if (arrivedPackets !== this.#arrivedPackets) {
      this.#arrivedPackets = arrivedPackets;
      this.#arrivedMs = nowMs;
      if (!isDelivering) this.#undeliveredSinceMs ??= nowMs;
    } else if (waitingPackets === 0 && this.idleMs(nowMs) >= PAUSE_MS) {
      this.#undeliveredSinceMs = null;
    }
  }

  /** How long no payload has arrived, in ms. */
  idleMs(nowMs: number): number {
    return nowMs - this.#arrivedMs;
  }

  /** How long payload has arrived without any being delivered, in ms. A session's first payload waits for its latency. */
  undeliveredMs(nowMs: number): number {
    return this.#undeliveredSinceMs === null ? 0 : nowMs - this.#undeliveredSinceMs;
  }
}
