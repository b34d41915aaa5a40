/**
 * Waits with a deadline that allows for a machine that stalls at times.
 *
 * @module
 */

import { Ticker } from "./timer.ts";

/** Waits for a time in ms. Does not keep the process running. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}

/** The time until a deadline is counted in this many steps. */
const STEPS = 10;

/**
 * Waits for `promise`, but no longer than `deadlineMs`. After that, returns `late`; the operation behind `promise` continues.
 *
 * After the machine has stalled, timers that expired run before an answer that arrived during the stall is read. The time is
 * therefore counted in steps, and a stall counts as one step at most.
 */
export async function withDeadline<Result>(promise: Promise<Result>, deadlineMs: number): Promise<Result | "late"> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  let steps = 0;
  using _ticker = new Ticker(deadlineMs / STEPS, () => {
    steps += 1;
    if (steps === STEPS) resolve("late");
  });
  return await Promise.race([promise, late]);
}
