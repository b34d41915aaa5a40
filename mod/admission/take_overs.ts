/**
 * Recognizes callers that take a stream name over from each other repeatedly (`--on-return take-over`), and slows them down.
 *
 * Two encoders with the same name would end each other's session forever, and leave recordings of a second each. While their
 * name is blocked, a caller that would take it over is refused, so that one of them is recorded. An encoder that only
 * reconnects loses little: its old session ends within seconds, because no packets arrive.
 *
 * @module
 */

import { REJECTION } from "../packet/rejection_reason.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import { BoundedMap } from "./bounded_map.ts";
import { type Reject, reject } from "./verdict.ts";

/**
 * Our choice: this many take-overs of a name in this time are a contest. The higher number applies if the last take-over was
 * between two ports of one address.
 */
const CONTEST_MS = 60_000;
const TAKE_OVERS = 3;
const TAKE_OVERS_OF_ONE_ADDRESS = 6;
/**
 * Our choice: how long a name is blocked. A further take-over doubles the time, up to a limit, if it occurs
 * less than {@linkcode CONTEST_MS} after the end of the last block.
 */
const FIRST_BLOCK_MS = 10_000;
const LONGEST_BLOCK_MS = 320_000;
/** Our choice: stream names that are remembered. */
const NAMES = 1024;

/** One caller takes the stream name of another. */
export interface TakeOver {
  readonly stream: string;
  readonly from: Endpoint;
  readonly by: Endpoint;
}

interface Contest {
  /** The last take-over. */
  readonly last: TakeOver;
  /** The times of the newest take-overs in the last minute. */
  readonly timesMs: readonly number[];
  readonly blockMs: number;
  readonly blockedUntilMs: number;
}

/** Remembers take-overs. Times are arguments, in ms of a monotonic clock. */
export class TakeOvers {
  readonly #contests = new BoundedMap<string, Contest>(NAMES);

  /** Counts a take-over. */
  add(takeOver: TakeOver, nowMs: number): void {
    const { stream, from, by } = takeOver;
    const before = this.#contests.get(stream);
    const timesMs = [...(before?.timesMs ?? []).filter((timeMs) => nowMs - timeMs < CONTEST_MS), nowMs];
    const needed = from.address === by.address ? TAKE_OVERS_OF_ONE_ADDRESS : TAKE_OVERS;
    const isContinued = before !== undefined && before.blockMs > 0 && nowMs - before.blockedUntilMs < CONTEST_MS;
    const isContest = isContinued || timesMs.length >= needed;
    const longerMs = isContinued ? Math.min(before.blockMs * 2, LONGEST_BLOCK_MS) : FIRST_BLOCK_MS;
    const blockMs = isContest ? longerMs : 0;
    this.#contests.put(stream, {
      last: takeOver,
      timesMs: timesMs.slice(-needed),
      blockMs,
      blockedUntilMs: nowMs + blockMs,
    });
  }

  /** Judges a caller that would take a name over. Returns a rejection while that name is blocked, otherwise null. */
  judge(stream: string | null, nowMs: number): Reject | null {
    const contest = stream === null ? undefined : this.#contests.get(stream);
    if (contest === undefined || nowMs >= contest.blockedUntilMs) return null;
    const { last: { from, by }, blockMs } = contest;
    const text = "callers take over its stream name from each other again and again";
    return {
      ...reject(REJECTION.CONFLICT, {
        text: `${text}: ${nameOf(from)} and ${nameOf(by)}; the name cannot be taken over for up to ${blockMs / 1000} s`,
        advice: "give each encoder a stream name of its own, or choose --on-return new-file or refuse",
      }),
      cause: text,
    };
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} port ${port}`;
}
