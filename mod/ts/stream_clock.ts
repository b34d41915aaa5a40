/**
 * Measures time by the PCRs of a stream, so that the result is the same for a file and for a live session.
 *
 * One PID, the driver, advances the clock. If its PCRs stop while those of another PID continue, that PID becomes the driver. The
 * clock does not advance over a discontinuity.
 *
 * @module
 */

import type { TsPcrPid } from "../vocabulary/ts_health.ts";

/** A PCR counts 27,000 ticks a ms (ISO/IEC 13818-1, 2.4.2.1). */
export const TICKS_PER_MS = 27_000;
/** Value at which a PCR wraps around to 0: 33 bits of 90 kHz, times 300. */
export const WRAP_TICKS = 2 ** 33 * 300;
/** Our choice: a longer step is a discontinuity. An encoder must send a PCR at least every 100 ms. */
export const DISCONTINUITY_TICKS = 10_000 * TICKS_PER_MS;
/** Our choice: another PID becomes the driver once its PCRs have advanced this far without a PCR of the driver. */
const STALL_TICKS = 1_000 * TICKS_PER_MS;

/** A PCR of a stream. */
export interface PcrPlace {
  readonly pid: number;
  /** The PCR in ticks of 27 MHz, 0..2^33*300-1. */
  readonly value: number;
  /** Bytes of the stream before the TS packet that carries it. */
  readonly offset: number;
}

/** The PCRs of one PID. */
interface PcrState {
  count: number;
  lastTicks: number;
  maxIntervalTicks: number;
  discontinuities: number;
  /** The driver's count at the last PCR of this PID. */
  driverCount: number;
  /** Ticks that this PID has advanced without a PCR of the driver. */
  aheadTicks: number;
}

/** The clock of one stream. */
export class StreamClock {
  readonly #states = new Map<number, PcrState>();
  #driver: PcrState | null = null;
  #ticks = 0;
  #steps = 0;
  #first: PcrPlace | null = null;
  #last: PcrPlace | null = null;

  /** Time since the first PCR in ms; null before the first PCR. */
  get nowMs(): number | null {
    return this.#driver === null ? null : this.#ticks / TICKS_PER_MS;
  }

  /** Time between the first and the last PCR in ms; null if the clock never advanced. */
  get spanMs(): number | null {
    return this.#steps === 0 ? null : this.#ticks / TICKS_PER_MS;
  }

  /** The first PCR of the stream, or null. */
  get firstPcr(): PcrPlace | null {
    return this.#first;
  }

  /** The last PCR with the PID of the first one, or null. */
  get lastPcr(): PcrPlace | null {
    return this.#last;
  }

  /**
   * Reads the 6 bytes of a PCR, and advances the clock if its PID drives it.
   *
   * @param options `at`: position of the PCR in `bytes`; `offset`: position of its packet in the stream; `discontinuity`: whether
   * the packet announces a discontinuity
   */
  readPcr(
    pid: number,
    bytes: Uint8Array,
    { at, offset, discontinuity }: { readonly at: number; readonly offset: number; readonly discontinuity: boolean },
  ): void {
    const ticks = decodePcr(bytes, at);
    this.#first ??= { pid, value: ticks, offset };
    if (pid === this.#first.pid) this.#last = { pid, value: ticks, offset };
    const state = this.#states.get(pid);
    if (state === undefined) {
      const started = {
        count: 1,
        lastTicks: ticks,
        maxIntervalTicks: 0,
        discontinuities: 0,
        driverCount: this.#driver?.count ?? 0,
        aheadTicks: 0,
      };
      this.#states.set(pid, started);
      this.#driver ??= started;
      return;
    }
    const step = ticksBetween(state.lastTicks, ticks);
    state.count += 1;
    state.lastTicks = ticks;
    if (discontinuity || step > DISCONTINUITY_TICKS) {
      state.discontinuities += 1;
      return;
    }
    if (step > state.maxIntervalTicks) state.maxIntervalTicks = step;
    this.#drive(state, step);
  }

  /** Returns the figures of each PID with a PCR, sorted by PID. */
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

/** Returns the ticks from one PCR to the next, which may be after the wrap. */
export function ticksBetween(before: number, after: number): number {
  return after >= before ? after - before : after - before + WRAP_TICKS;
}

/** Rounds to three decimal places (1 us); a PCR tick is 37 ns. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Returns `program_clock_reference_base` * 300 + `..._extension` (ISO/IEC 13818-1, 2.4.3.5), 0..2^33*300-1. */
export function decodePcr(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] as number) * 2 ** 25;
  const middle = (bytes[at + 1] as number) << 17 | (bytes[at + 2] as number) << 9 | (bytes[at + 3] as number) << 1;
  const last = bytes[at + 4] as number;
  return (high + middle + (last >> 7)) * 300 + ((last & 1) << 8 | bytes[at + 5] as number);
}
