/**
 * Measures how often a table is repeated, and detects that it is overdue.
 *
 * @module
 */

import { roundMs } from "./stream_clock.ts";
import type { TsTableHealth } from "../vocabulary/ts_health.ts";

/** Longest time from one PAT or PMT to the next (ETSI TR 101 290, indicators 1.3 and 1.5). */
const LONGEST_MS = 500;

/** The repetitions of one table. */
export class TableRhythm {
  #count = 0;
  #version = 0;
  /** Stream time at which waiting for the table started. */
  #sinceMs: number | null;
  /** Stream time of its last arrival; null if it never arrived, or the clock was not running. */
  #lastMs: number | null = null;
  #intervals = 0;
  #sumMs = 0;
  #maxMs = 0;
  #late = false;

  /** @param sinceMs Stream time at which waiting starts; null if the clock does not run yet. */
  constructor(sinceMs: number | null) {
    this.#sinceMs = sinceMs;
  }

  /** Stream time from which on the table is late; `Infinity` if it is late already, or the clock does not run. */
  get dueMs(): number {
    return this.#late || this.#sinceMs === null ? Infinity : this.#sinceMs + LONGEST_MS;
  }

  /** Call it at the first PCR: waiting starts at stream time 0 if it has not started yet. */
  startClock(): void {
    this.#sinceMs ??= 0;
  }

  /** Suspends the deadline until the table arrives: one delay is one error. */
  markLate(): void {
    this.#late = true;
  }

  /** Counts an arrival. */
  noteArrival(version: number, nowMs: number | null): void {
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

  /** Returns the statistics; null if the table never arrived. */
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
