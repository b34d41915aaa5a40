/** Tests of mod/door/handshake_slots.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { HANDSHAKE_LIMITS, HandshakeSlots } from "../../mod/door/handshake_slots.ts";

const LIMITS = {
  slots: 4,
  slotsPerAddress: 3,
  provenSlots: 3,
  provenSlotsPerAddress: 2,
  unprovenPerSecond: 100,
  lifetimeMs: 3000,
  shortLifetimeMs: 1000,
};

/** Slots that were taken in the order of `keys`, at 0, 1, ... ms. A key is `address port`. */
function slotsOf(...keys: readonly string[]): HandshakeSlots {
  const slots = new HandshakeSlots(LIMITS);
  keys.forEach((key, index) => slots.take(key, { address: key.split(" ")[0] ?? "", nowMs: index }));
  return slots;
}

function take(slots: HandshakeSlots, key: string, nowMs = 0): boolean {
  return slots.take(key, { address: key.split(" ")[0] ?? "", nowMs });
}

Deno.test("HandshakeSlots.take returns false when all slots are taken", () => {
  const slots = slotsOf("a 1", "b 1", "c 1", "d 1");
  deepStrictEqual([take(slots, "e 1"), slots.taken], [false, 4]);
});

Deno.test("HandshakeSlots.take returns false for an address that has its share, and true for another one", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  deepStrictEqual([take(slots, "a 4"), take(slots, "b 1")], [false, true]);
});

Deno.test("HandshakeSlots.take gives a relay as many slots as there are", () => {
  const slots = new HandshakeSlots(LIMITS);
  const taken = [1, 2, 3, 4, 5].map((port) => slots.take(`a ${port}`, { address: null, nowMs: 0 }));
  deepStrictEqual(taken, [true, true, true, true, false]);
  slots.release("a 1");
  deepStrictEqual([slots.arrive(null, 0), slots.take("a 6", { address: null, nowMs: 0 })], [true, true]);
});

Deno.test("HandshakeSlots.take takes nothing if it returns false", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  take(slots, "a 4");
  slots.release("a 1");
  deepStrictEqual([take(slots, "a 5"), take(slots, "a 6"), slots.taken], [true, false, 3]);
});

Deno.test("callers that returned a secret cookie have slots of their own, of which each address has a limited share", () => {
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

Deno.test("HandshakeSlots.arrive returns false above the rate, even if slots are free", () => {
  const slots = new HandshakeSlots(LIMITS);
  const arrived = Array.from({ length: 101 }, () => slots.arrive("a", 0));
  deepStrictEqual([arrived.indexOf(false), slots.arriveInFlood(1)], [100, true]);
});

Deno.test("HandshakeSlots.arrive returns false for an address that has its share", () => {
  const slots = slotsOf("a 1", "a 2", "a 3");
  deepStrictEqual([slots.arrive("a", 0), slots.arrive("b", 0), slots.arriveInFlood(0)], [false, true, false]);
});

Deno.test("HandshakeSlots.release frees the slot, also in the share of its address", () => {
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
    ["nothing before three seconds if exactly half of the slots are taken", ["a 1", "b 1"], 1000, []],
    ["those that are at least a second old while more than half are taken", ["a 1", "b 1", "c 1"], 1001, [
      "a 1",
      "b 1",
    ]],
    ["nothing younger than a second while more than half are taken", ["a 1", "b 1", "c 1"], 999, []],
  ] as const
) {
  Deno.test(`HandshakeSlots.expired lists ${what}`, () => deepStrictEqual(slotsOf(...keys).expired(nowMs), expected));
}

Deno.test("HandshakeSlots.expired lists a slot until it is released", () => {
  const slots = slotsOf("a 1");
  deepStrictEqual([slots.expired(3000), slots.expired(3000)], [["a 1"], ["a 1"]]);
  slots.release("a 1");
  deepStrictEqual(slots.expired(3000), []);
});

Deno.test("HandshakeSlots.expired does not list a slot while it is held for the decision on its request, and lists it afterwards", () => {
  const slots = slotsOf("a 1", "b 1");
  slots.hold("a 1", true);
  const whileHeld = slots.expired(3001);
  slots.hold("a 1", false);
  deepStrictEqual([whileHeld, slots.expired(3001)], [["b 1"], ["a 1", "b 1"]]);
});

Deno.test("HandshakeSlots.expired counts from the time when a slot was taken last", () => {
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

Deno.test("unproven callers cannot use more than half of the usual 1024 descriptors, and have time for a satellite link", () => {
  strictEqual(HANDSHAKE_LIMITS.slots < 1024 / 2 + 1 && HANDSHAKE_LIMITS.lifetimeMs >= 2 * 2 * 600, true);
});
