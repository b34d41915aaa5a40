/**
 * How often one table comes, and whether it is overdue.
 *
 * @module
 */

import { roundMs } from "./stream_clock.ts";
import type { TsTableHealth } from "../vocabulary/ts_health.ts";

/** Longest time from one PAT or PMT to the next (ETSI TR 101 290, indicators 1.3 and 1.5). */
const LONGEST_MS = 500;

/** Counts one table's comings. */
export class TableRhythm {
  #count = 0;
  #version = 0;
  /** Since when it is waited for. */
  #sinceMs: number | null;
  /** When it came last; null where it never did, or no clock ran then. */
  #lastMs: number | null = null;
  #intervals = 0;
  #sumMs = 0;
  #maxMs = 0;
  #late = false;

  /** @param sinceMs Since when it is waited for, by the stream's clock; null where that does not run yet. */
  constructor(sinceMs: number | null) {
    this.#sinceMs = sinceMs;
  }

  /** When it is late, by the stream's clock; `Infinity` where it is late already, or the clock does not run. */
  get dueMs(): number {
    return this.#late || this.#sinceMs === null ? Infinity : this.#sinceMs + LONGEST_MS;
  }

  /** The clock begins to run. */
  begin(): void {
    this.#sinceMs ??= 0;
  }

  /** It has not come in time, and this was told: not told again until it has come. */
  markLate(): void {
    this.#late = true;
  }

  /** It has come. */
  come(version: number, nowMs: number | null): void {
    if (nowMs !== null && this.#lastMs !== null) {
      const interval = nowMs - this.#lastMs;
      this.#intervals += 1;
      this.#sumMs += interval;
      this.#maxMs = Math.max(this.#maxMs, interval);
    }
    this.#count += 1;
    this.#version = version;
    this.#lastMs = nowMs;
    this.#sinceMs = nowMs;
    this.#late = false;
  }

  /** As {@linkcode TsTableHealth}; null where it has never come. */
  health(): TsTableHealth | null {
    if (this.#count === 0) return null;
    const known = this.#intervals > 0;
    return {
      count: this.#count,
      version: this.#version,
      meanIntervalMs: known ? roundMs(this.#sumMs / this.#intervals) : null,
      maxIntervalMs: known ? roundMs(this.#maxMs) : null,
    };
  }
}
