/** Tests of mod/session/payload_trouble.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { PayloadTrouble } from "../../mod/session/payload_trouble.ts";

const STATE = { hasPayload: true, missingPackets: 0, isEnding: false };

for (
  const [what, changes, rounds, expected] of [
    ["payload that stops, once", {}, [[2000, 1900], [2100, 2000], [5000, 4900]], [{ event: "no-data", idleMs: 2000 }]],
    ["payload that resumes", {}, [[2100, 2000], [8000, 7900], [8200, 100]], [
      { event: "no-data", idleMs: 2000 },
      { event: "data-again", pausedMs: 8000 },
    ]],
    ["two pauses", {}, [[2100, 2000], [3200, 100], [6000, 2900]], [
      { event: "no-data", idleMs: 2000 },
      { event: "data-again", pausedMs: 3000 },
      { event: "no-data", idleMs: 2900 },
    ]],
    ["no pause of a session that never had payload", { hasPayload: false }, [[5000, 5000]], []],
    ["no pause of a session that is ending", { isEnding: true }, [[5000, 5000]], []],
  ] as const
) {
  Deno.test(`PayloadTrouble reports ${what}`, () => {
    const trouble = new PayloadTrouble();
    const found = rounds.map(([nowMs, idleMs]) => trouble.pause({ ...STATE, ...changes, nowMs, idleMs }));
    deepStrictEqual(found.filter((event) => event !== null), expected);
  });
}

Deno.test("PayloadTrouble reports missing packets at once, and later ones together after a minute", () => {
  const trouble = new PayloadTrouble();
  const found = [[1000, 0], [2000, 3], [3000, 5], [61_999, 9], [62_000, 10], [130_000, 10]].map(
    ([nowMs = 0, missingPackets = 0]) => trouble.missing({ ...STATE, idleMs: 0, nowMs, missingPackets }),
  );
  deepStrictEqual(found, [
    null,
    { event: "missing", packets: 3, totalPackets: 3 },
    null,
    null,
    { event: "missing", packets: 7, totalPackets: 10 },
    null,
  ]);
});
