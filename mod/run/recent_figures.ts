/**
 * The figures of the last 10 s of a session, computed from its `stats` events.
 *
 * @module
 */

import { bitsPerSecond } from "../report/format.ts";
import { recoveredPackets } from "../report/loss_text.ts";
import type { StatsEvent } from "../vocabulary/events.ts";

/** The figures cover at least this time, once the session is that old. */
const WINDOW_MS = 10_000;
/** Our choice: of events that follow each other faster than this, only the last one is kept. */
const STEP_MS = 500;

/**
 * The last 10 s of a session, or the time since its start if that is less. This time begins and ends at a `stats` event, so it is
 * longer if these events are rarer.
 */
export interface RecentFigures {
  /** Mean rate of payload. */
  readonly bitsPerSecond: number;
  /** Packets that were found missing but recovered in time. */
  readonly recoveredPackets: number;
  /** Packets that did not arrive in time. */
  readonly missingPackets: number;
}

interface Sample {
  readonly durationMs: number;
  readonly bytes: number;
  readonly recovered: number;
  readonly missing: number;
}

const START: Sample = { durationMs: 0, bytes: 0, recovered: 0, missing: 0 };

/** Computes the recent figures of one session. */
export class RecentWindow {
  /** The first one is at the start of the window. */
  readonly #samples: Sample[];

  /** @param options `adopted`: the window starts at the first event, because this listener has no earlier figures. */
  constructor({ adopted = false }: { readonly adopted?: boolean } = {}) {
    this.#samples = adopted ? [] : [START];
  }

  /** Adds an event, and returns the figures as of then. */
  add(
    { durationMs, bytes, bitsPerSecond: bitsPerSecondNow, statistics }: Pick<
      StatsEvent,
      "durationMs" | "bytes" | "bitsPerSecond" | "statistics"
    >,
  ): RecentFigures {
    const samples = this.#samples;
    const sample = {
      durationMs,
      bytes,
      recovered: recoveredPackets(statistics),
      missing: statistics.pktRcvDropTotal,
    };
    const beforeLast = samples.at(-2);
    if (beforeLast !== undefined && durationMs - beforeLast.durationMs < STEP_MS) samples.pop();
    samples.push(sample);
    while (samples.length > 2 && durationMs - (samples[1]?.durationMs ?? 0) >= WINDOW_MS) samples.shift();
    const [first = START] = samples;
    if (first === sample) return { bitsPerSecond: bitsPerSecondNow, recoveredPackets: 0, missingPackets: 0 };
    return {
      bitsPerSecond: bitsPerSecond(bytes - first.bytes, durationMs - first.durationMs),
      // a packet may count as recovered first and as missing later
      recoveredPackets: Math.max(0, sample.recovered - first.recovered),
      missingPackets: sample.missing - first.missing,
    };
  }
}
