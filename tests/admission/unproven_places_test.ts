/**
 * Tests of mod/admission/unproven_places.ts. A place is for the session of a caller that has not proven yet that it is real. The
 * clock is a number that the test chooses.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { MAX_UNPROVEN, MIN_UNPROVEN, UnprovenPlace, UnprovenPlaces } from "../../mod/admission/unproven_places.ts";

/** Takes places until there is none. Returns them, and what the next caller must do. */
function takeAll(
  places: UnprovenPlaces,
  nowMs = 0,
): { readonly taken: readonly UnprovenPlace[]; readonly next: string } {
  const taken: UnprovenPlace[] = [];
  while (true) {
    const placing = places.take(nowMs);
    if (typeof placing === "string") return { taken, next: placing };
    taken.push(placing);
  }
}

Deno.test("UnprovenPlaces has 8 places at first, and the next caller waits", () => {
  const { taken, next } = takeAll(new UnprovenPlaces());
  deepStrictEqual([taken.length, next], [MIN_UNPROVEN, "wait"]);
});

Deno.test("UnprovenPlaces frees the place of a caller that has proven itself, and adds another place for ten seconds", () => {
  const places = new UnprovenPlaces();
  const [first] = takeAll(places).taken;
  first?.prove(0);
  strictEqual(takeAll(places, 9_999).taken.length, 2);
  const later = new UnprovenPlaces();
  takeAll(later).taken[0]?.prove(0);
  strictEqual(takeAll(later, 10_000).taken.length, 1);
});

Deno.test("a second proof of the same caller adds no place", () => {
  const places = new UnprovenPlaces();
  const [first] = takeAll(places).taken;
  first?.prove(0);
  first?.prove(0);
  strictEqual(takeAll(places).taken.length, 2);
});

Deno.test("UnprovenPlaces admits 100 callers that prove themselves, and challenges none", () => {
  const places = new UnprovenPlaces();
  let admitted = 0;
  let rounds = 0;
  while (admitted < 100) {
    const { taken, next } = takeAll(places, rounds);
    strictEqual(next, "wait");
    for (const place of taken) {
      place.accept(rounds);
      place.prove(rounds);
    }
    admitted += taken.length;
    rounds += 1;
  }
  ok(rounds <= 5, `${rounds} rounds`);
});

Deno.test("UnprovenPlaces has at most 128 places", () => {
  const places = new UnprovenPlaces();
  for (let proof = 0; proof < 300; proof += 1) {
    const place = places.take(0);
    if (place instanceof UnprovenPlace) place.prove(0);
  }
  strictEqual(takeAll(places).taken.length, MAX_UNPROVEN);
});

Deno.test("UnprovenPlaces challenges callers once 8 accepted ones have proven nothing for 1.5 s", () => {
  const places = new UnprovenPlaces();
  const { taken } = takeAll(places);
  for (const place of taken) place.accept(100);
  deepStrictEqual([places.take(1599), places.take(1600)], ["wait", "challenge"]);
});

Deno.test("UnprovenPlaces challenges callers although there are places, if the callers that have places prove nothing", () => {
  const places = new UnprovenPlaces();
  for (const place of takeAll(places).taken) place.prove(0);
  const { taken } = takeAll(places);
  strictEqual(taken.length, 16);
  for (const place of taken.slice(0, MIN_UNPROVEN)) place.accept(0);
  taken.at(-1)?.leave(0);
  strictEqual(places.take(1500), "challenge");
});

Deno.test("UnprovenPlaces frees the places of sessions that ended", () => {
  const freed: number[] = [];
  const places = new UnprovenPlaces(() => freed.push(1));
  const { taken } = takeAll(places);
  for (const place of taken) place.accept(0);
  for (const place of taken) place.leave(1000);
  deepStrictEqual([freed.length, takeAll(places, 1000).taken.length], [MIN_UNPROVEN, MIN_UNPROVEN]);
});

Deno.test("after 8 sessions of callers that proved nothing have ended, UnprovenPlaces challenges callers for ten seconds", () => {
  const places = new UnprovenPlaces();
  const { taken } = takeAll(places);
  for (const place of taken) place.accept(0);
  for (const place of taken) place.leave(6000);
  deepStrictEqual([takeAll(places, 15_999).next, takeAll(places, 15_999).taken.length], ["challenge", 0]);
  strictEqual(takeAll(places, 16_000).taken.length, MIN_UNPROVEN);
});

Deno.test("UnprovenPlaces does not count a caller that proved itself late as a failure", () => {
  const places = new UnprovenPlaces();
  const { taken } = takeAll(places);
  for (const place of taken) place.accept(0);
  for (const place of taken) place.prove(6000);
  for (const place of taken) place.leave(7000);
  strictEqual(takeAll(places, 7000).taken.length, 2 * MIN_UNPROVEN);
});

Deno.test("UnprovenPlace.leave frees a place once", () => {
  const places = new UnprovenPlaces();
  const [first] = takeAll(places).taken;
  first?.leave(0);
  first?.leave(0);
  strictEqual(takeAll(places).taken.length, 1);
});
