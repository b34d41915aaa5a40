/**
 * Waits that end, also on a machine that stands still now and then.
 *
 * @module
 */

/** Waits for a time in ms. The process may end meanwhile. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, ms)));
}

/** The time until a deadline passes in this many steps. */
const STEPS = 10;

/**
 * Waits for `promise`, but no longer than `deadlineMs`: then returns `late`, while whatever it stands for goes on.
 *
 * When a process goes on after its machine stood still, its timers are due before it reads an answer that has come meanwhile. So
 * the time passes in steps, and no stall takes more than one of them.
 */
export async function withDeadline<Result>(promise: Promise<Result>, deadlineMs: number): Promise<Result | "late"> {
  const { promise: late, resolve } = Promise.withResolvers<"late">();
  let steps = 0;
  const timer = setInterval(() => {
    steps += 1;
    if (steps === STEPS) resolve("late");
  }, deadlineMs / STEPS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearInterval(timer);
  }
}
