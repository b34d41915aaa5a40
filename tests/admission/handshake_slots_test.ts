/** Tests of mod/admission/handshake_slots.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { HANDSHAKE_LIMITS, HandshakeSlots } from "../../mod/admission/handshake_slots.ts";

const LIMITS = {
  slots: 4,
  slotsPerAddress: 3,
  provenSlots: 3,
  provenSlotsPerAddress: 2,
  strangersPerSecond: 100,
  restMs: 3000,
  pressureMs: 1000,
};

/** Slots taken one each ms from 0, in the order given: `address port`. */
function slotsOf(...keys: readonly string[]): HandshakeSlots {
  const slots = new HandshakeSlots(LIMITS);
  keys.forEach((key, index) => slots.take(key, { address: key.split(" ")[0] ?? "", nowMs: index }));
  return slots;
}

function take(slots: HandshakeSlots, key: string, nowMs = 0): boolean {
  return slots.take(key, { address: key.split(" ")[0] ?? "", nowMs });
}

Deno.test("HandshakeSlots.take says no once all slots are taken", () => {
  const slots = slotsOf("a 1", "b 1", "c 1", "d 1");
  deepStrictEqual([take(slots, "e 1"), slots.taken], [false, 4]);
});

Deno.test("HandshakeSlots.take says no to an address that has its share, and yes to another one", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  deepStrictEqual([take(slots, "a 4"), take(slots, "b 1")], [false, true]);
});

Deno.test("HandshakeSlots.take costs nothing where it says no", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  take(slots, "a 4");
  slots.release("a 1");
  deepStrictEqual([take(slots, "a 5"), take(slots, "a 6"), slots.taken], [true, false, 3]);
});

Deno.test("callers that have proven themselves have slots of their own, and one address its share of them", () => {
  const slots = slotsOf("a 1", "a 2", "a 3", "b 1");
  const proven = (key: string) => slots.take(key, { address: key.split(" ")[0] ?? "", nowMs: 0, proven: true });
  deepStrictEqual([proven("a 4"), proven("a 5"), proven("a 6"), proven("b 2"), proven("c 1")], [
    true,
    true,
    false,
    true,
    false,
  ]);
  slots.release("a 4");
  deepStrictEqual([proven("a 6"), take(slots, "a 7")], [true, false]);
});

Deno.test("HandshakeSlots.ask says no once more strangers come in a second than are usual, whatever slots are free", () => {
  const slots = new HandshakeSlots(LIMITS);
  const asked = Array.from({ length: 101 }, () => slots.ask("a", 0));
  deepStrictEqual([asked.indexOf(false), slots.askInRush(1)], [100, true]);
});

Deno.test("HandshakeSlots.ask says no to an address that has its share", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  deepStrictEqual([slots.ask("a", 0), slots.ask("b", 0), slots.askInRush(0)], [false, true, false]);
});

Deno.test("HandshakeSlots.release gives back the slot and the share of its address", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  for (const key of ["a 1", "a 2", "a 3"]) slots.release(key);
  deepStrictEqual([slots.taken, take(slots, "a 1"), take(slots, "a 2"), take(slots, "a 3")], [0, true, true, true]);
});

Deno.test("HandshakeSlots.release of a key that has no slot changes nothing", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  slots.release("a 9");
  slots.release("a 1");
  slots.release("a 1");
  deepStrictEqual([slots.taken, take(slots, "a 4"), take(slots, "a 5")], [2, true, false]);
});

for (
  const [what, keys, nowMs, expected] of [
    ["nothing while all are young", ["a 1", "b 1"], 2999, []],
    ["the one whose three seconds are over", ["a 1", "b 1"], 3000, ["a 1"]],
    ["all, oldest first", ["a 1", "b 1"], 3001, ["a 1", "b 1"]],
    ["nothing early at exactly half of the slots", ["a 1", "b 1"], 1000, []],
    ["those older than a second while more than half are taken", ["a 1", "b 1", "c 1"], 1001, ["a 1", "b 1"]],
    ["nothing younger than a second under pressure", ["a 1", "b 1", "c 1"], 999, []],
  ] as const
) {
  Deno.test(`HandshakeSlots.expired tells ${what}`, () => deepStrictEqual(slotsOf(...keys).expired(nowMs), expected));
}

Deno.test("HandshakeSlots.expired tells a slot until it is released", () => {
  const slots = slotsOf("a 1");
  deepStrictEqual([slots.expired(3000), slots.expired(3000)], [["a 1"], ["a 1"]]);
  slots.release("a 1");
  deepStrictEqual(slots.expired(3000), []);
});

Deno.test("HandshakeSlots.expired counts from the last time that a slot was taken", () => {
  const slots = slotsOf("a 1");
  slots.release("a 1");
  take(slots, "a 1", 2000);
  deepStrictEqual([slots.expired(4999), slots.expired(5000)], [[], ["a 1"]]);
});

Deno.test("one address cannot take all slots under the limits in use", () => {
  const slots = new HandshakeSlots();
  let taken = 0;
  while (take(slots, `192.0.2.1 ${taken}`)) taken += 1;
  strictEqual(taken, HANDSHAKE_LIMITS.slotsPerAddress);
  strictEqual(take(slots, "192.0.2.2 1"), true);
});

Deno.test("the limits in use leave descriptors below the usual 1024, and time for a satellite at rest", () => {
  strictEqual(HANDSHAKE_LIMITS.slots < 1024 / 2 + 1 && HANDSHAKE_LIMITS.restMs >= 2 * 2 * 600, true);
});
