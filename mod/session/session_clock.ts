/**
 * The clock of a session: monotonic for everything that is measured, and aware of steps of the wall clock.
 *
 * @module
 */

import type { ClockStep } from "../vocabulary/sidecar.ts";

/** Our choice: NTP removes smaller differences gradually, without a step. */
const STEP_MS = 500;
/** Steps that are listed; a clock that steps more often is broken, and the first steps show it. */
const LISTED_STEPS = 100;

/** Notices steps of the wall clock against a monotonic one. */
export class ClockSteps {
  readonly #startMs: number;
  #differenceMs: number;
  readonly #steps: ClockStep[] = [];

  /** @param wallMs Ms since the epoch. @param monotonicMs Of a clock that never steps, at the same moment. */
  constructor(wallMs: number, monotonicMs: number) {
    this.#startMs = monotonicMs;
    this.#differenceMs = wallMs - monotonicMs;
  }

  /** Steps so far, the first 100. */
  get steps(): readonly ClockStep[] {
    return this.#steps;
  }

  /** Compares both clocks; returns the step if there was one since the last call. */
  compare(wallMs: number, monotonicMs: number): ClockStep | null {
    const differenceMs = wallMs - monotonicMs;
    const stepMs = Math.round(differenceMs - this.#differenceMs);
    if (Math.abs(stepMs) < STEP_MS) return null;
    this.#differenceMs = differenceMs;
    const step = { timeMs: Math.round(monotonicMs - this.#startMs), stepMs };
    if (this.#steps.length < LISTED_STEPS) this.#steps.push(step);
    return step;
  }
}
