/** Tests of mod/listener/unproven_callers.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { MIN_UNPROVEN, UnprovenPlace } from "../../mod/admission/unproven_places.ts";
import { type Placed, UnprovenCallers } from "../../mod/listener/unproven_callers.ts";

/** Creates callers that have all places, and `waiting` callers that wait for one. */
async function crowd(
  waiting: number,
  now: () => number = () => 0,
): Promise<
  { readonly callers: UnprovenCallers; readonly places: readonly UnprovenPlace[]; readonly next: Promise<Placed>[] }
> {
  const callers = new UnprovenCallers(now);
  const first = await Promise.all(Array.from({ length: MIN_UNPROVEN }, () => callers.place(0, "cam1")));
  const places = first.filter((placed) => placed instanceof UnprovenPlace);
  return { callers, places, next: Array.from({ length: waiting }, () => callers.place(0, "cam1")) };
}

Deno.test("UnprovenCallers gives a place that is freed to the caller that has waited longest", async () => {
  const { callers, places, next } = await crowd(2);
  strictEqual(places.length, MIN_UNPROVEN);
  const order: number[] = [];
  next.forEach((placed, index) => void placed.then(() => order.push(index)));
  places[0]?.leave(0);
  await next[0];
  places[1]?.leave(0);
  await next[1];
  deepStrictEqual(order, [0, 1]);
  callers.close();
});

Deno.test("UnprovenCallers challenges waiting callers if those with a place do not prove themselves", async () => {
  let nowMs = 0;
  const { places, next } = await crowd(2, () => nowMs);
  for (const place of places) place.accept(0);
  nowMs = 1500;
  deepStrictEqual(await Promise.all(next), ["challenge", "challenge"]);
});

Deno.test('UnprovenCallers returns "late" for a caller that has waited for 3 s', async () => {
  let nowMs = 0;
  const { next } = await crowd(1, () => nowMs);
  nowMs = 3000;
  strictEqual(await next[0], "late");
});

Deno.test("UnprovenCallers.close ends all waits", async () => {
  const { callers, next } = await crowd(1);
  callers.close();
  strictEqual(await next[0], "late");
});
