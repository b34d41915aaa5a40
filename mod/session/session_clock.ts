/**
 * The clocks of a session: converts monotonic times to the wall clock, and detects steps of the wall clock.
 *
 * @module
 */

import type { ClockStep } from "../vocabulary/sidecar.ts";

/** Our choice: larger than a difference that ntpd (128 ms) or systemd-timesyncd (400 ms) removes without a step. */
const STEP_MS = 500;
/**
 * Both clocks are read within microseconds. If it takes longer than this, the machine stalled in between, and they cannot be
 * compared.
 */
const READ_MS = 50;
/** Maximum number of steps that are listed; a clock that steps more often is broken, and the first steps show it. */
const LISTED_STEPS = 100;

/** Clocks in ms. */
export interface Clocks {
  /** Since the epoch. */
  readonly wall: () => number;
  /** Never steps. */
  readonly monotonic: () => number;
}

const CLOCKS: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * Returns a function that converts a time of the monotonic clock, in ms, to the wall clock, in RFC 3339. Later steps of the
 * wall clock do not change the result.
 */
export function wallClock({ wall, monotonic }: Clocks = CLOCKS): (ms: number) => string {
  const differenceMs = wall() - monotonic();
  return (ms) => new Date(Math.round(ms + differenceMs)).toISOString();
}

/** Detects steps of the wall clock by comparing it with a monotonic one. */
export class ClockSteps {
  readonly #clocks: Clocks;
  readonly #startMs: number;
  /** How far the wall clock is ahead of the monotonic one; null until it is known. */
  #differenceMs: number | null;
  readonly #steps: ClockStep[] = [];

  /** @param startMs When the session began, on the monotonic clock. */
  constructor(startMs: number, clocks: Clocks = CLOCKS) {
    this.#clocks = clocks;
    this.#startMs = startMs;
    this.#differenceMs = this.#read()?.differenceMs ?? null;
  }

  /** Steps so far, the first 100. */
  get steps(): readonly ClockStep[] {
    return this.#steps;
  }

  /** Returns the step if the difference of both clocks has changed by 500 ms or more since the start or the last step. */
  compare(): ClockStep | null {
    const read = this.#read();
    if (read === null) return null;
    const stepMs = Math.round(read.differenceMs - (this.#differenceMs ?? read.differenceMs));
    this.#differenceMs ??= read.differenceMs;
    if (Math.abs(stepMs) < STEP_MS) return null;
    this.#differenceMs = read.differenceMs;
    const step = { timeMs: Math.round(read.nowMs - this.#startMs), stepMs };
    if (this.#steps.length < LISTED_STEPS) this.#steps.push(step);
    return step;
  }

  /** Reads both clocks; null if that took too long. */
  #read(): { readonly nowMs: number; readonly differenceMs: number } | null {
    const { wall, monotonic } = this.#clocks;
    const beforeMs = monotonic();
    const wallMs = wall();
    const nowMs = monotonic();
    return nowMs - beforeMs > READ_MS ? null : { nowMs, differenceMs: wallMs - nowMs };
  }
}
