/**
 * The stream's own clock: time as its PCRs tell it, so that a file and a session are judged alike.
 *
 * One PID drives the clock; where its PCRs stop and another's go on, that one takes over. Time stands still over
 * discontinuities.
 *
 * @module
 */

import type { TsPcrPid } from "../vocabulary/ts_health.ts";

/** A PCR counts 27,000 ticks a ms (ISO/IEC 13818-1, 2.4.2.1). */
const TICKS_PER_MS = 27_000;
/** 33 bits of 90 kHz, times 300. */
const WRAP_TICKS = 2 ** 33 * 300;
/** Our choice: a longer step is no gap but a leap. PCRs come every 100 ms at least. */
const LEAP_TICKS = 10_000 * TICKS_PER_MS;
/** Our choice: how long the driving PID may be without a PCR while another has them. */
const STALL_TICKS = 1_000 * TICKS_PER_MS;

/** What is known of one PID's PCRs. */
interface PcrState {
  count: number;
  lastTicks: number;
  maxIntervalTicks: number;
  discontinuities: number;
  /** The driver's count of PCRs when this PID's last one came. */
  driverCount: number;
  /** How far this PID got since the driver's last PCR. */
  aheadTicks: number;
}

/** One stream's time. */
export class StreamClock {
  readonly #states = new Map<number, PcrState>();
  #driver: PcrState | null = null;
  #ticks = 0;
  #steps = 0;

  /** Time since the first PCR in ms; null before it. */
  get nowMs(): number | null {
    return this.#driver === null ? null : this.#ticks / TICKS_PER_MS;
  }

  /** Time between the first and the last PCR in ms; null where it never moved. */
  get spanMs(): number | null {
    return this.#steps === 0 ? null : this.#ticks / TICKS_PER_MS;
  }

  /** Takes the 6 bytes of a PCR at `at`. */
  take(pid: number, bytes: Uint8Array, at: number, discontinuity: boolean): void {
    const ticks = decodePcr(bytes, at);
    const state = this.#states.get(pid);
    if (state === undefined) {
      const begun = {
        count: 1,
        lastTicks: ticks,
        maxIntervalTicks: 0,
        discontinuities: 0,
        driverCount: this.#driver?.count ?? 0,
        aheadTicks: 0,
      };
      this.#states.set(pid, begun);
      this.#driver ??= begun;
      return;
    }
    const step = ticks >= state.lastTicks ? ticks - state.lastTicks : ticks - state.lastTicks + WRAP_TICKS;
    state.count += 1;
    state.lastTicks = ticks;
    if (discontinuity || step > LEAP_TICKS) {
      state.discontinuities += 1;
      return;
    }
    if (step > state.maxIntervalTicks) state.maxIntervalTicks = step;
    this.#drive(state, step);
  }

  /** What was counted of each PID with a PCR, by number. */
  pcrPids(): TsPcrPid[] {
    return [...this.#states].sort(([a], [b]) => a - b).map(([pid, { count, maxIntervalTicks, discontinuities }]) => ({
      pid,
      count,
      maxIntervalMs: count - discontinuities < 2 ? null : roundMs(maxIntervalTicks / TICKS_PER_MS),
      discontinuities,
    }));
  }

  #drive(state: PcrState, step: number): void {
    const driver = this.#driver;
    if (driver === null) return;
    if (state === driver) return this.#advance(step);
    state.aheadTicks = state.driverCount === driver.count ? state.aheadTicks + step : 0;
    state.driverCount = driver.count;
    if (state.aheadTicks <= STALL_TICKS) return;
    this.#driver = state;
    this.#advance(state.aheadTicks);
  }

  #advance(step: number): void {
    this.#ticks += step;
    this.#steps += 1;
  }
}

/** ms to three decimal places: a PCR is no more exact than a reader needs. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** `program_clock_reference_base` * 300 + `..._extension` (ISO/IEC 13818-1, 2.4.3.5), 0..2^33*300-1. */
function decodePcr(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] as number) * 2 ** 25;
  const middle = (bytes[at + 1] as number) << 17 | (bytes[at + 2] as number) << 9 | (bytes[at + 3] as number) << 1;
  const last = bytes[at + 4] as number;
  return (high + middle + (last >> 7)) * 300 + ((last & 1) << 8 | bytes[at + 5] as number);
}
