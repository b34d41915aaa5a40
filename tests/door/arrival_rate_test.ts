/** Tests of mod/door/arrival_rate.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ArrivalRate } from "../../mod/door/arrival_rate.ts";

/** An `ArrivalRate` with a limit of 3 a second, after `count` arrivals at each `nowMs`. */
function rateAfter(...arrivals: readonly (readonly [count: number, nowMs: number])[]): ArrivalRate {
  const rate = new ArrivalRate(3);
  for (const [count, nowMs] of arrivals) for (let index = 0; index < count; index += 1) rate.arrive(nowMs);
  return rate;
}

Deno.test("ArrivalRate.arrive returns true up to the rate in a second, and false above it", () => {
  const rate = new ArrivalRate(3);
  deepStrictEqual([0, 10, 20, 30, 999].map((nowMs) => rate.arrive(nowMs)), [true, true, true, false, false]);
});

for (
  const [what, arrivals, nowMs, holds] of [
    ["in the second after a second with arrivals at the rate", [[3, 0]], 1000, true],
    ["in the second after a second with arrivals above the rate", [[4, 0]], 1000, false],
    ["until the end of the second after a second with arrivals above the rate", [[4, 0]], 1999, false],
    ["after a second without arrivals", [[4, 0]], 2000, true],
    ["after a second with few arrivals", [[4, 0], [1, 1000]], 2000, true],
    ["while arrivals stay above the rate", [[4, 0], [4, 1000], [4, 2000]], 3000, false],
  ] as const
) {
  Deno.test(`ArrivalRate.arrive returns ${holds} ${what}`, () => {
    strictEqual(rateAfter(...arrivals).arrive(nowMs), holds);
  });
}

Deno.test("ArrivalRate.arriveInExcess returns true and counts an arrival only if the rate is already exceeded", () => {
  const [below, above] = [rateAfter([3, 0]), rateAfter([4, 0])];
  deepStrictEqual([below.arriveInExcess(1), below.arriveInExcess(1), above.arriveInExcess(1)], [false, false, true]);
  for (let count = 0; count < 4; count += 1) above.arriveInExcess(1000);
  deepStrictEqual([below.arrive(1000), above.arrive(2000)], [true, false]);
});
