import assert from "node:assert/strict";

import { StopConditions, type StopSettings } from "../../mod/outcome/stop_conditions.ts";

const NONE: StopSettings = { sessions: null, forMs: null, waitMs: null, idleExitMs: null };

/** `+`: a session begins, `-`: one ends, at a time in ms from listening. */
type Step = readonly [number, "+" | "-"];

const CASES: readonly {
  readonly name: string;
  readonly settings: Partial<StopSettings>;
  readonly steps?: readonly Step[];
  readonly at: number;
  readonly cause: string | null;
  /** Until the next look, where nothing holds. */
  readonly next?: number | null;
}[] = [
  { name: "never ends by itself without a condition", settings: {}, at: 1e12, cause: null, next: null },
  { name: "--for ends at its time", settings: { forMs: 1000 }, at: 1000, cause: "--for" },
  { name: "--for does not end before", settings: { forMs: 1000 }, at: 999, cause: null, next: 1 },
  { name: "--wait fails when nobody came", settings: { waitMs: 500 }, at: 500, cause: "--wait" },
  {
    name: "--wait is over with the first caller",
    settings: { waitMs: 500 },
    steps: [[499, "+"]],
    at: 5000,
    cause: null,
  },
  {
    name: "--sessions ends with the last",
    settings: { sessions: 1 },
    steps: [[1, "+"], [2, "-"]],
    at: 2,
    cause: "--sessions",
  },
  {
    name: "--sessions counts the ends, not the begins",
    settings: { sessions: 1 },
    steps: [[1, "+"], [2, "+"]],
    at: 9,
    cause: null,
    next: null,
  },
  { name: "--idle-exit does not end before the first", settings: { idleExitMs: 10 }, at: 1e6, cause: null, next: null },
  {
    name: "--idle-exit does not end while one runs",
    settings: { idleExitMs: 10 },
    steps: [[1, "+"], [2, "+"], [3, "-"]],
    at: 1e6,
    cause: null,
    next: null,
  },
  {
    name: "--idle-exit ends so long after the last end",
    settings: { idleExitMs: 10 },
    steps: [[1, "+"], [2, "+"], [3, "-"], [5, "-"]],
    at: 15,
    cause: "--idle-exit",
  },
  {
    name: "--idle-exit counts from the last end",
    settings: { idleExitMs: 10 },
    steps: [[1, "+"], [3, "-"], [5, "+"], [8, "-"]],
    at: 14,
    cause: null,
    next: 4,
  },
  { name: "--wait before --for: the first ends it", settings: { waitMs: 5, forMs: 9 }, at: 5, cause: "--wait" },
  { name: "--for before --wait: the first ends it", settings: { waitMs: 9, forMs: 5 }, at: 5, cause: "--for" },
  { name: "--wait and --for at once: the failure is told", settings: { waitMs: 5, forMs: 5 }, at: 5, cause: "--wait" },
  {
    name: "--sessions before --for",
    settings: { sessions: 1, forMs: 100 },
    steps: [[1, "+"], [2, "-"]],
    at: 3,
    cause: "--sessions",
  },
  {
    name: "--for ends it though --sessions is not reached",
    settings: { sessions: 2, forMs: 100 },
    steps: [[1, "+"], [2, "-"]],
    at: 100,
    cause: "--for",
  },
];

for (const { name, settings, steps = [], at, cause, next } of CASES) {
  Deno.test(`StopConditions: ${name}`, () => {
    const conditions = new StopConditions({ ...NONE, ...settings }, 0);
    for (const [nowMs, step] of steps) step === "+" ? conditions.begin() : conditions.end(nowMs);
    assert.strictEqual(conditions.due(at)?.cause ?? null, cause);
    if (next !== undefined) assert.strictEqual(conditions.nextMs(at), next);
  });
}

Deno.test("StopConditions says that only --wait is a failure", () => {
  const failed = (settings: Partial<StopSettings>) => new StopConditions({ ...NONE, ...settings }, 0).due(99)?.failed;
  assert.deepStrictEqual([failed({ waitMs: 1 }), failed({ forMs: 1 })], [true, false]);
});
