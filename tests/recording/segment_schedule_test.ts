/** Tests of mod/recording/segment_schedule.ts. */
import { strictEqual } from "node:assert/strict";
import { nextDueMs, type SegmentRules } from "../../mod/recording/segment_schedule.ts";

const MIN = 60_000;
const RULES: SegmentRules = { everyMs: null, isAligned: false, atMs: [], bytes: null, utc: true };
const START = "2026-03-01T09:07:30Z";

for (
  const [what, rules, now, due] of [
    ["every 10 min, at the start", { everyMs: 10 * MIN }, START, "2026-03-01T09:17:30Z"],
    ["every 10 min, at a boundary", { everyMs: 10 * MIN }, "2026-03-01T09:17:30Z", "2026-03-01T09:27:30Z"],
    ["every 10 min, after a pause", { everyMs: 10 * MIN }, "2026-03-01T10:00:00Z", "2026-03-01T10:07:30Z"],
    ["aligned to 15 min", { everyMs: 15 * MIN, isAligned: true }, START, "2026-03-01T09:15:00Z"],
    [
      "aligned to 15 min, at a boundary",
      { everyMs: 15 * MIN, isAligned: true },
      "2026-03-01T09:15:00Z",
      "2026-03-01T09:30:00Z",
    ],
    [
      "aligned to 7 h, which does not divide a day",
      { everyMs: 420 * MIN, isAligned: true },
      "2026-03-01T22:00:00Z",
      "2026-03-02T00:00:00Z",
    ],
    ["at midnight", { atMs: [0] }, START, "2026-03-02T00:00:00Z"],
    ["at midnight, if it is midnight now", { atMs: [0] }, "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"],
    ["at two times, the next of them", { atMs: [0, 600 * MIN] }, START, "2026-03-01T10:00:00Z"],
    [
      "at a time and every 5 min, whichever comes first",
      { atMs: [550 * MIN], everyMs: 5 * MIN },
      START,
      "2026-03-01T09:10:00Z",
    ],
  ] as const satisfies readonly (readonly [string, Partial<SegmentRules>, string, string])[]
) {
  Deno.test(`nextDueMs: ${what}`, () => {
    const times = { startMs: Date.parse(START), nowMs: Date.parse(now) };
    strictEqual(new Date(nextDueMs({ ...RULES, ...rules }, times)).toISOString(), new Date(due).toISOString());
  });
}

Deno.test("nextDueMs: never, if only the size matters", () => {
  strictEqual(nextDueMs({ ...RULES, bytes: 1e9 }, { startMs: 0, nowMs: 5 }), Infinity);
});

Deno.test("nextDueMs: midnight is that of the local clock unless UTC is requested", () => {
  const due = new Date(nextDueMs({ ...RULES, atMs: [0], utc: false }, { startMs: 0, nowMs: Date.parse(START) }));
  strictEqual([due.getHours(), due.getMinutes(), due.getSeconds()].join(":"), "0:0:0");
});

for (
  const [what, now, due] of [
    ["23 hours", "2026-03-29T00:30:00+01:00", "2026-03-30T00:00:00+02:00"],
    ["25 hours", "2026-10-25T00:30:00+02:00", "2026-10-26T00:00:00+01:00"],
  ] as const
) {
  Deno.test(`nextDueMs: midnight after a day of ${what}`, async () => {
    const module = import.meta.resolve("../../mod/recording/segment_schedule.ts");
    const rules = JSON.stringify({ ...RULES, atMs: [0], utc: false });
    const nowMs = Date.parse(now);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { nextDueMs } from ${JSON.stringify(module)};
         console.log(nextDueMs(${rules}, { startMs: ${nowMs}, nowMs: ${nowMs} }));`,
      ],
      env: { TZ: "Europe/Berlin" },
    }).output();
    strictEqual(Number(new TextDecoder().decode(stdout)), Date.parse(due));
  });
}
