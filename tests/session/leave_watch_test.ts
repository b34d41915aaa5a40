/** Tests of mod/session/leave_watch.ts and return_watch.ts; clock, arrivals and drops are the test's. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { LeaveWatch } from "../../mod/session/leave_watch.ts";
import { ReturnWatch } from "../../mod/session/return_watch.ts";

/** Looks at these moments: time, arrival of the last datagram, drops; the answers. */
function returned(...looks: readonly (readonly [nowMs: number, arrivalMs: number | null, drops: number])[]): boolean[] {
  let [arrivalMs, drops]: [number | null, number] = [null, 0];
  const watch = new ReturnWatch({ lastArrivalMs: () => arrivalMs, drops: () => drops });
  return looks.map((look) => {
    [, arrivalMs, drops] = look;
    return watch.look(look[0]);
  });
}

Deno.test("ReturnWatch sees a drop and then silence as a return", () => {
  deepStrictEqual(returned([0, 0, 0], [500, 0, 1], [1499, 0, 1], [1500, 0, 1]), [false, false, false, true]);
});

Deno.test("ReturnWatch sees silence alone as none", () => {
  deepStrictEqual(returned([0, 0, 0], [5000, 0, 0]), [false, false]);
});

Deno.test("ReturnWatch sees a drop that was followed by a datagram as none", () => {
  deepStrictEqual(returned([0, 0, 0], [100, 0, 1], [200, 150, 1], [5000, 150, 1]), [false, false, false, false]);
});

Deno.test("ReturnWatch sees nothing before the first datagram", () => {
  deepStrictEqual(returned([0, null, 0], [5000, null, 3]), [false, false]);
});

/** A watch on a socket where nothing happens. */
function watchOf(idleMs: number, onProven: () => void = () => {}): LeaveWatch {
  const socket = { lastArrivalMs: () => null, drops: () => 0 };
  return new LeaveWatch({ idleMs, socket, onProven, onReturn: () => {} }, 0);
}

Deno.test("LeaveWatch lets a caller go that sends nothing for the idle time", () => {
  const watch = watchOf(1000);
  const reasons = [999, 1000].map((nowMs) => watch.look({ nowMs, wallMs: 0, bytes: 0 })?.reason ?? null);
  deepStrictEqual(reasons, [null, "idle"]);
});

Deno.test("LeaveWatch counts the idle time from the last payload", () => {
  const watch = watchOf(1000);
  const reasons = [900, 1899, 1900].map((nowMs) => watch.look({ nowMs, wallMs: 0, bytes: 10 })?.reason ?? null);
  deepStrictEqual(reasons, [null, null, "idle"]);
});

Deno.test("LeaveWatch lets nobody go for idling where the time is 0", () => {
  strictEqual(watchOf(0).look({ nowMs: 1e9, wallMs: 0, bytes: 0 }), null);
});

Deno.test("ReturnWatch sees a forged INDUCTION between two signs of life of a resting caller as none", () => {
  deepStrictEqual(returned([0, 0, 0], [100, 0, 1], [950, 0, 1], [1100, 1050, 1]), [false, false, false, false]);
});

for (
  const [what, looks] of [
    ["the first payload", [[0, 0], [10, 7], [20, 14], [9000, 14]]],
    ["a caller that is still heard when libsrt would have given it up", [[0, 0], [5999, 0], [6000, 0], [9000, 7]]],
  ] as const
) {
  Deno.test(`LeaveWatch tells once that the caller is real: ${what}`, () => {
    let proven = 0;
    const watch = watchOf(0, () => proven += 1);
    const told = looks.map(([nowMs, bytes]) => {
      watch.look({ nowMs, wallMs: 0, bytes });
      return proven;
    });
    deepStrictEqual(told, looks[1][0] === 10 ? [0, 1, 1, 1] : [0, 0, 1, 1]);
  });
}
