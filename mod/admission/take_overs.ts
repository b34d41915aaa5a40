/**
 * Recognizes callers that take a stream name over from each other again and again (`--on-return take-over`), and slows them down.
 *
 * Two encoders that both insist on a name would end each other's session forever, and leave recordings of a second each.
 * While their name is at rest, a caller that would take it over is refused, so that one of them is recorded. An encoder that only
 * comes back loses little by it: its old session ends by silence within seconds.
 *
 * @module
 */

import { REJECTION } from "../packet/rejection_reason.ts";
import { BoundedMap } from "./bounded_map.ts";
import { type Reject, reject } from "./verdict.ts";

/** Our choice: in this time, this many take-overs between two addresses, or between two ports of one address, are a quarrel. */
const QUARREL_MS = 60_000;
const TAKE_OVERS = 3;
const TAKE_OVERS_OF_ONE_ADDRESS = 6;
/** Our choice: how long a name rests first. Each further take-over within {@linkcode QUARREL_MS} doubles it, up to the limit. */
const FIRST_REST_MS = 10_000;
const LONGEST_REST_MS = 320_000;
/** Our choice: stream names that are remembered. */
const NAMES = 1024;

/** A caller. */
export interface TakeOverCaller {
  readonly address: string;
  readonly port: number;
}

/** One caller takes the place of another. */
export interface TakeOver {
  readonly stream: string;
  readonly from: TakeOverCaller;
  readonly by: TakeOverCaller;
}

interface Quarrel {
  /** The last take-over. */
  readonly last: TakeOver;
  /** When the take-overs of the last minute were. */
  readonly timesMs: readonly number[];
  readonly restMs: number;
  readonly restUntilMs: number;
}

/** Remembers them. Takes its clock as an argument: ms that never go back. */
export class TakeOvers {
  readonly #quarrels = new BoundedMap<string, Quarrel>(NAMES);

  /** Counts a take-over. */
  add(takeOver: TakeOver, nowMs: number): void {
    const { stream, from, by } = takeOver;
    const before = this.#quarrels.get(stream);
    const timesMs = [...(before?.timesMs ?? []).filter((timeMs) => nowMs - timeMs < QUARREL_MS), nowMs];
    const most = from.address === by.address ? TAKE_OVERS_OF_ONE_ADDRESS : TAKE_OVERS;
    const goesOn = before !== undefined && before.restMs > 0 && nowMs - before.restUntilMs < QUARREL_MS;
    const isQuarrel = goesOn || timesMs.length >= most;
    const longerMs = goesOn ? Math.min(before.restMs * 2, LONGEST_REST_MS) : FIRST_REST_MS;
    const restMs = isQuarrel ? longerMs : 0;
    this.#quarrels.put(stream, { last: takeOver, timesMs: timesMs.slice(-most), restMs, restUntilMs: nowMs + restMs });
  }

  /** Judges a caller that would take a name over: a rejection while that name rests, otherwise null. */
  judge(stream: string | null, nowMs: number): Reject | null {
    const quarrel = stream === null ? undefined : this.#quarrels.get(stream);
    if (quarrel === undefined || nowMs >= quarrel.restUntilMs) return null;
    const { last: { from, by }, restMs } = quarrel;
    const text = "callers take its stream name over from each other again and again";
    return {
      ...reject(REJECTION.CONFLICT, {
        text: `${text}: ${nameOf(from)} and ${nameOf(by)}; the name rests for ${restMs / 1000} s`,
        advice: "give each encoder a stream name of its own, or choose --on-return new-file or refuse",
      }),
      cause: text,
    };
  }
}

function nameOf({ address, port }: TakeOverCaller): string {
  return `${address} port ${port}`;
}
