import assert from "node:assert/strict";

import { RunState } from "../../mod/run/run_state.ts";
import { dueEnding, nextDueMs, PROOF_MS, type StopSettings } from "../../mod/run/stop_conditions.ts";
import { ATTEMPT, END, LISTENING, PROVEN, START } from "../report/events_of_a_run.ts";

const NONE: StopSettings = {
  sessions: null,
  stdout: false,
  forMs: null,
  waitMs: null,
  expectedStreams: [],
  idleExitMs: null,
};

/**
 * A time in ms since listening began, and what happens then. `?`: a caller connects; `+`: one connects and proves itself at once;
 * `-`: a session ends; `x`: an attempt ends.
 */
type Step = readonly [nowMs: number, what: "?" | "+" | "-" | "x"];

/** The state after `steps`; sessions end in the order of their start. */
function stateAfter(steps: readonly Step[]): RunState {
  const state = new RunState({ keepsAll: true });
  state.apply(LISTENING, 0);
  let started = 0;
  let ended = 0;
  for (const [nowMs, what] of steps) {
    if (what === "-" || what === "x") {
      ended += 1;
      state.apply({ ...(what === "x" ? ATTEMPT : END), session: `s${ended}` }, nowMs);
    } else {
      started += 1;
      state.apply({ ...START, session: `s${started}` }, nowMs);
      if (what === "+") state.apply({ ...PROVEN, session: `s${started}` }, nowMs);
    }
  }
  return state;
}

const CASES: readonly {
  readonly name: string;
  readonly settings: Partial<StopSettings>;
  readonly steps?: readonly Step[];
  readonly at: number;
  readonly cause: string | null;
  /** Time from `at` to the next check in ms, if no condition holds; null: there is no next check. */
  readonly next?: number | null;
}[] = [
  { name: "never ends by itself without a condition", settings: {}, at: 1e12, cause: null, next: null },
  { name: "--for ends at its time", settings: { forMs: 1000 }, at: 1000, cause: "--for" },
  { name: "--for does not end before", settings: { forMs: 1000 }, at: 999, cause: null, next: 1 },
  { name: "--wait fails if no caller came", settings: { waitMs: 500 }, at: 500, cause: "--wait" },
  {
    name: "--wait is over with the first caller",
    settings: { waitMs: 500 },
    steps: [[499, "+"]],
    at: 5000,
    cause: null,
  },
  {
    name: "--out - ends with its session",
    settings: { stdout: true },
    steps: [[1, "+"], [2, "-"]],
    at: 2,
    cause: "--out -",
  },
  {
    name: "--out - does not end after an attempt",
    settings: { stdout: true },
    steps: [[1, "?"], [2, "x"]],
    at: 2,
    cause: null,
    next: null,
  },
  {
    name: "--sessions ends with the last",
    settings: { sessions: 1 },
    steps: [[1, "+"], [2, "-"]],
    at: 2,
    cause: "--sessions",
  },
  {
    name: "--sessions counts the ends, not the starts",
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
    name: "--idle-exit ends this long after the last end",
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
  {
    name: "--sessions does not count an attempt",
    settings: { sessions: 1 },
    steps: [[1, "?"], [2, "x"]],
    at: 9,
    cause: null,
    next: null,
  },
  {
    name: "--wait is not over with a caller that has not proven itself",
    settings: { waitMs: 500 },
    steps: [[100, "?"]],
    at: 100 + PROOF_MS,
    cause: "--wait",
  },
  {
    name: "--wait gives a caller that connected in time the time to prove itself",
    settings: { waitMs: 500 },
    steps: [[100, "?"]],
    at: 500,
    cause: null,
    next: PROOF_MS - 400,
  },
  {
    name: "--wait does not wait for a caller that connected too late",
    settings: { waitMs: 500 },
    steps: [[501, "?"]],
    at: 501,
    cause: "--wait",
  },
  {
    name: "--idle-exit gives a caller that connected in time the time to prove itself",
    settings: { idleExitMs: 10 },
    steps: [[1, "+"], [3, "-"], [12, "?"]],
    at: 20,
    cause: null,
    next: PROOF_MS - 8,
  },
  {
    name: "--idle-exit counts from the last session, whatever attempts there were",
    settings: { idleExitMs: 10 },
    steps: [[1, "+"], [3, "-"], [5, "?"], [9, "x"]],
    at: 13,
    cause: "--idle-exit",
  },
  { name: "--wait before --for: the first ends it", settings: { waitMs: 5, forMs: 9 }, at: 5, cause: "--wait" },
  { name: "--for before --wait: the first ends it", settings: { waitMs: 9, forMs: 5 }, at: 5, cause: "--for" },
  {
    name: "--wait and --for at once: the failure is reported",
    settings: { waitMs: 5, forMs: 5 },
    at: 5,
    cause: "--wait",
  },
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
  Deno.test(`stop conditions: ${name}`, () => {
    const state = stateAfter(steps);
    const all = { ...NONE, ...settings };
    assert.strictEqual(dueEnding(all, state, at)?.cause ?? null, cause);
    if (next !== undefined) assert.strictEqual(nextDueMs(all, state, at), next);
  });
}

Deno.test("dueEnding reports a failure only for --wait", () => {
  const failed = (settings: Partial<StopSettings>) => dueEnding({ ...NONE, ...settings }, stateAfter([]), 99)?.failed;
  assert.deepStrictEqual([failed({ waitMs: 1 }), failed({ forMs: 1 })], [true, false]);
});

Deno.test("dueEnding counts the connections that had no payload before --wait had ended", () => {
  const ending = dueEnding({ ...NONE, waitMs: 1000 }, stateAfter([[1, "?"], [2, "x"]]), 1000);
  assert.strictEqual(ending?.text, "no session began within 1.0 s; 1 connection had no payload (--wait)");
});

Deno.test("--wait with --expect-streams fails if one of the names had no session, and reports this name", () => {
  const expectedStreams = ["cam1", "cam2"];
  const state = new RunState({ keepsAll: true, expectedStreams });
  state.apply(LISTENING, 0);
  state.apply(START, 1); // cam1
  state.apply(PROVEN, 1);
  const settings = { ...NONE, waitMs: 500, expectedStreams };
  assert.deepStrictEqual(dueEnding(settings, state, 500), {
    cause: "--wait",
    text: "no session of cam2 began within 0.5 s (--wait)",
    failed: true,
  });
  state.apply({ ...START, session: "s2", stream: "cam2" }, 2);
  state.apply({ ...PROVEN, session: "s2", stream: "cam2" }, 2);
  assert.strictEqual(dueEnding(settings, state, 500), null);
});

Deno.test("RunState.absentStreams has the expected names that have no session now", () => {
  const state = new RunState({ keepsAll: true, expectedStreams: ["cam1", "cam2"] });
  const absent = () => state.absentStreams.join();
  const seen = [absent()];
  for (const event of [START, PROVEN, END]) {
    state.apply(event, 0);
    seen.push(absent());
  }
  assert.deepStrictEqual(seen, ["cam1,cam2", "cam1,cam2", "cam2", "cam1,cam2"]);
});
