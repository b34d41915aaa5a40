/** Tests of mod/admission/arrival_rate.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ArrivalRate } from "../../mod/admission/arrival_rate.ts";

/** A rate of 3 a second after so many arrivals at each time. */
function rateAfter(...arrivals: readonly (readonly [count: number, nowMs: number])[]): ArrivalRate {
  const rate = new ArrivalRate(3);
  for (const [count, nowMs] of arrivals) for (let index = 0; index < count; index += 1) rate.arrive(nowMs);
  return rate;
}

Deno.test("ArrivalRate.arrive says yes to as many as are usual in a second, and no to the next", () => {
  const rate = new ArrivalRate(3);
  deepStrictEqual([0, 10, 20, 30, 999].map((nowMs) => rate.arrive(nowMs)), [true, true, true, false, false]);
});

for (
  const [what, arrivals, nowMs, usual] of [
    ["in the second after a usual one", [[3, 0]], 1000, true],
    ["in the second after a rush", [[4, 0]], 1000, false],
    ["until that second is over", [[4, 0]], 1999, false],
    ["after a second without anybody", [[4, 0]], 2000, true],
    ["after a second of few", [[4, 0], [1, 1000]], 2000, true],
    ["while the rush goes on", [[4, 0], [4, 1000], [4, 2000]], 3000, false],
  ] as const
) {
  Deno.test(`ArrivalRate.arrive says ${usual ? "yes" : "no"} ${what}`, () => {
    strictEqual(rateAfter(...arrivals).arrive(nowMs), usual);
  });
}

Deno.test("ArrivalRate.arriveInRush counts in a rush alone", () => {
  const [calm, rush] = [rateAfter([3, 0]), rateAfter([4, 0])];
  deepStrictEqual([calm.arriveInRush(1), calm.arriveInRush(1), rush.arriveInRush(1)], [false, false, true]);
  for (let count = 0; count < 4; count += 1) rush.arriveInRush(1000);
  deepStrictEqual([calm.arrive(1000), rush.arrive(2000)], [true, false]);
});
