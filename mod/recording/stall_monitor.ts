/**
 * Decides when to report that a disk is behind, and that it has caught up. The program that reads stdout is treated like a disk.
 *
 * @module
 */

/** A disk that is this far behind is reported. */
const STALL_MS = 2000;
/** A disk that is less far behind than this has caught up. */
const CAUGHT_UP_MS = 500;
/** Checks are 500 ms apart. If the last one is longer ago than this, the process was not running: the disk cannot be judged. */
const LATE_MS = 1500;

/** What is known of the disk at one moment. */
export interface DiskLag {
  /** The time, in ms of a monotonic clock. */
  readonly nowMs: number;
  /**
   * When the disk operation in progress began or the oldest waiting payload was added, whichever is earlier; Infinity if
   * there is neither.
   */
  readonly behindSinceMs: number;
  /** Payload bytes dropped so far. */
  readonly droppedBytes: number;
}

/** What changed. */
export type StallChange =
  | { readonly kind: "stalled"; readonly sinceMs: number }
  | { readonly kind: "resumed"; readonly stalledMs: number; readonly droppedBytes: number };

/** Monitors one disk. */
export class StallMonitor {
  #stall: { readonly sinceMs: number; readonly droppedBytes: number } | null = null;
  #checkedMs: number;

  constructor(nowMs: number) {
    this.#checkedMs = nowMs;
  }

  /** Returns what changed since the last check, or null. */
  check({ nowMs, behindSinceMs, droppedBytes }: DiskLag): StallChange | null {
    const isLate = nowMs - this.#checkedMs > LATE_MS;
    this.#checkedMs = nowMs;
    const behindMs = nowMs - behindSinceMs;
    if (this.#stall === null && behindMs >= STALL_MS && !isLate) {
      this.#stall = { sinceMs: behindSinceMs, droppedBytes };
      return { kind: "stalled", sinceMs: behindSinceMs };
    }
    if (this.#stall !== null && behindMs < CAUGHT_UP_MS) {
      const { sinceMs, droppedBytes: before } = this.#stall;
      this.#stall = null;
      return { kind: "resumed", stalledMs: nowMs - sinceMs, droppedBytes: droppedBytes - before };
    }
    return null;
  }
}
