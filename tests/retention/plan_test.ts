import assert from "node:assert/strict";

import { maxGrowthBytes, planDeletions, type RetentionRules } from "../../mod/retention/plan.ts";

const NOW_MS = 1_000_000_000;
const MINUTE_MS = 60_000;

/** Recordings of 100 bytes, by name and age in minutes. */
function aged(ages: Readonly<Record<string, number>>): Parameters<typeof planDeletions>[1]["finished"] {
  return Object.entries(ages).map(([path, age]) => {
    return { path, bytes: 100, endMs: NOW_MS - age * MINUTE_MS, isOnDisk: !path.startsWith("elsewhere") };
  });
}

const NONE: RetentionRules = { keepMs: null, keepBytes: null, minFreeBytes: null, onFull: "stop" };

for (
  const [what, rules, ages, heldBytes, expected] of [
    ["nothing without a rule", {}, { a: 1e6 }, 0, ""],
    ["nothing in an empty folder", { keepMs: 1, keepBytes: 1 }, {}, 1e6, ""],
    ["what is too old, the oldest first", { keepMs: 5 * MINUTE_MS }, { a: 4, b: 6, c: 9 }, 0, "c keep, b keep"],
    ["nothing that is exactly as old as allowed", { keepMs: 5 * MINUTE_MS }, { a: 5 }, 0, ""],
    ["the oldest until the rest fits", { keepBytes: 200 }, { a: 2, b: 4, c: 3, d: 5 }, 0, "d keep-size, b keep-size"],
    ["nothing if all fits exactly", { keepBytes: 200 }, { a: 2, b: 4 }, 0, ""],
    [
      "a finished recording if it exceeds the limit together with running ones",
      { keepBytes: 200 },
      { a: 2, b: 4 },
      1,
      "b keep-size",
    ],
    [
      "all finished recordings if the running ones alone exceed the limit",
      { keepBytes: 50 },
      { a: 2, b: 3 },
      60,
      "b keep-size, a keep-size",
    ],
    ["by both rules", { keepMs: 5 * MINUTE_MS, keepBytes: 100 }, { a: 2, b: 3, c: 6 }, 0, "c keep, b keep-size"],
    ["nothing younger than a minute", { keepMs: 1, keepBytes: 1 }, { a: 0.99, b: 0 }, 0, ""],
    ["what is a minute old", { keepBytes: 1 }, { a: 1, b: 0.5 }, 0, "a keep-size"],
    ["nothing that ended in the future", { keepMs: 1, keepBytes: 1 }, { a: -1e6 }, 0, ""],
    [
      "recordings of the same age in the order of their names",
      { keepMs: 1 },
      { b: 2, a: 2, c: 2 },
      0,
      "a keep, b keep, c keep",
    ],
  ] as readonly (readonly [string, Partial<RetentionRules>, Readonly<Record<string, number>>, number, string])[]
) {
  Deno.test(`planDeletions deletes ${what}`, () => {
    const plan = planDeletions({ ...NONE, ...rules }, {
      finished: aged(ages),
      heldBytes,
      missingBytes: 0,
      nowMs: NOW_MS,
    });
    assert.equal(plan.map(({ path, reason }) => `${path} ${reason}`).join(", "), expected);
  });
}

for (
  const [what, missingBytes, ages, expected] of [
    ["nothing if nothing is missing", 0, { a: 2 }, ""],
    ["the oldest until enough is free", 101, { a: 2, b: 4, c: 3 }, "b min-free, c min-free"],
    ["all if even that is not enough", 1e6, { a: 2, b: 4 }, "b min-free, a min-free"],
    ["nothing younger than a minute", 1e6, { a: 0.99 }, ""],
    ["nothing that ended in the future", 1e6, { a: -1e6 }, ""],
    ["nothing that is on another disk", 1, { elsewhere1: 9, elsewhere2: 8, a: 2, b: 3 }, "b min-free"],
  ] as readonly (readonly [string, number, Readonly<Record<string, number>>, string])[]
) {
  Deno.test(`planDeletions for space on the disk deletes ${what}`, () => {
    const plan = planDeletions(NONE, { finished: aged(ages), heldBytes: 0, missingBytes, nowMs: NOW_MS });
    assert.equal(plan.map(({ path, reason }) => `${path} ${reason}`).join(", "), expected);
  });
}

Deno.test("planDeletions counts deletions by another rule as space on the disk", () => {
  const rules: RetentionRules = { ...NONE, keepMs: 5 * MINUTE_MS };
  const finished = aged({ a: 6, b: 4, c: 3 });
  const plan = planDeletions(rules, { finished, heldBytes: 0, missingBytes: 101, nowMs: NOW_MS });
  assert.deepEqual(plan.map(({ path, reason }) => `${path} ${reason}`), ["a keep", "b min-free"]);
});

for (
  const [what, rules, state, expected] of [
    ["no limit without retention", {}, {}, null],
    ["no limit without segments", { keepBytes: 12e6 }, { segments: null }, null],
    ["--keep-size, and what is written until the oldest is deleted", { keepBytes: 12e6 }, {}, 12e6 + 130e3],
    ["less if recordings exist", { keepBytes: 12e6 }, { usedBytes: 11e6 }, 1e6 + 130e3],
    ["0 if there is more than --keep-size", { keepBytes: 12e6 }, { usedBytes: 14e6 }, 0],
    ["what is written in the time of --keep", { keepMs: 3_600_000 }, {}, 3_670e3],
    ["the smaller of both", { keepBytes: 12e6, keepMs: 3_600_000 }, {}, 3_670e3],
    ["the limit with open files of up to --segment-size", { keepBytes: 12e6 }, {
      segments: { everyMs: null, bytes: 4000 },
    }, 12e6 + 120e3 + 8000],
    [
      "the limit with open files of up to a day",
      { keepBytes: 12e6 },
      { segments: { everyMs: null, bytes: null } },
      12e6 + 120e3 + 86_400e3,
    ],
  ] as const
) {
  Deno.test(`maxGrowthBytes returns ${what}`, () => {
    const none = { keepMs: null, keepBytes: null, minFreeBytes: null, onFull: "stop" } as const;
    const growth = {
      usedBytes: 0,
      bytesPerSecond: 1000,
      sessions: 2,
      segments: { everyMs: 10_000, bytes: null },
      ...state,
    };
    assert.strictEqual(maxGrowthBytes({ ...none, ...rules }, growth), expected);
  });
}
