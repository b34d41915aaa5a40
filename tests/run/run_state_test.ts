/** Tests of mod/run/run_state.ts. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { RunState } from "../../mod/run/run_state.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { END_REASONS, isCleanEnd } from "../../mod/vocabulary/values.ts";
import {
  ADOPTED,
  ATTEMPT,
  CRASHED,
  END,
  LISTENING,
  PROVEN,
  REFUSED,
  SEGMENT,
  START,
  STATS,
} from "../report/events_of_a_run.ts";
import { stateOf } from "./state_of.ts";

/** `events` with the ID of `session`. */
function as(session: string, events: readonly (typeof START | typeof PROVEN | typeof END)[]): readonly SplitterEvent[] {
  return events.map((event) => ({ ...event, session }));
}

/** `[sessions, attempts, failed, bytes]` */
function countsOf({ finalCounts: { sessions, attempts, failed, bytes } }: RunState): readonly number[] {
  return [sessions, attempts, failed, bytes];
}

for (const reason of END_REASONS) {
  const failed = isCleanEnd(reason) ? 0 : 1;
  Deno.test(`RunState counts the end "${reason}" as ${failed === 1 ? "failed" : "clean"}`, () => {
    deepStrictEqual(countsOf(stateOf([START, PROVEN, { ...END, reason, bytes: 7 }])), [1, 0, failed, 7]);
  });
}

Deno.test("RunState counts neither a session nor an attempt before the caller has proven itself", () => {
  const { counts: { sessions, attempts } } = stateOf([START]);
  deepStrictEqual([sessions, attempts], [0, 0]);
});

Deno.test("RunState counts a running session once its caller has proven itself", () => {
  strictEqual(stateOf([START, PROVEN]).counts.sessions, 1);
});

Deno.test("RunState counts a session with payload even if its caller was not reported as proven", () => {
  deepStrictEqual(countsOf(stateOf([START, END])), [1, 0, 0, END.bytes]);
});

Deno.test("RunState counts a session without payload as an attempt", () => {
  deepStrictEqual(countsOf(stateOf([START, ATTEMPT])), [0, 1, 0, 0]);
});

Deno.test("RunState counts a caller that proved itself and sent no payload as an attempt", () => {
  deepStrictEqual(countsOf(stateOf([START, PROVEN, ATTEMPT])), [0, 1, 0, 0]);
});

Deno.test("RunState counts an attempt that failed as failed", () => {
  deepStrictEqual(countsOf(stateOf([START, { ...ATTEMPT, reason: "crashed" }])), [0, 1, 1, 0]);
});

Deno.test("RunState counts a session that was cut off as failed", () => {
  deepStrictEqual(countsOf(stateOf([START, PROVEN])), [1, 0, 1, 0]);
});

Deno.test("RunState counts an attempt that was cut off as a failed attempt", () => {
  deepStrictEqual(countsOf(stateOf([START])), [0, 1, 1, 0]);
});

Deno.test("RunState.counts.refused is the number of refusals reported one by one, or the reported total if that is larger", () => {
  const totals = (refused: number) => {
    return { event: "refusals" as const, time: REFUSED.time, refused, refusedByStop: 0, reasons: [] };
  };
  const events = [{ ...REFUSED, times: 1 }, totals(3), { ...REFUSED, times: 2 }, totals(7)];
  deepStrictEqual(events.map((_event, index) => stateOf(events.slice(0, index + 1)).counts.refused), [1, 3, 3, 7]);
});

Deno.test("RunState counts refusals by our own stop separately", () => {
  const { counts, refusalCounts } = stateOf([REFUSED, { ...REFUSED, reason: 1503, byStop: true, times: 35 }]);
  deepStrictEqual([counts.refused, counts.refusedByStop, refusalCounts.length], [3, 35, 1]);
});

Deno.test("RunState.refusalCounts has the reasons of refusals reported one by one, the most frequent first", () => {
  const { refusalCounts } = stateOf([{ ...REFUSED, reason: 1403, times: 2 }, REFUSED, {
    ...REFUSED,
    reason: null,
    times: 1,
  }]);
  deepStrictEqual(refusalCounts, [
    { reason: 1402, name: "SRT_REJX_OVERLOAD", times: 3 },
    { reason: 1403, name: "SRT_REJX_FORBIDDEN", times: 2 },
    { reason: null, name: null, times: 1 },
  ]);
});

Deno.test("RunState.running has the newest figures and the newest file of each session", () => {
  const [session] = stateOf([START, STATS, { ...STATS, bytes: 9 }, SEGMENT]).running;
  deepStrictEqual([session?.figures?.bytes, session?.file], [9, SEGMENT.file]);
});

Deno.test("RunState.running has no session that has ended", () => {
  deepStrictEqual(stateOf([START, PROVEN, END]).running, []);
});

Deno.test("RunState names no file if the end has none", () => {
  strictEqual(stateOf([START, { ...END, file: null }]).sessions[0]?.file, null);
});

Deno.test("RunState.idleSinceMs is null before the first session", () => {
  strictEqual(stateOf([LISTENING, START, ATTEMPT], { stepMs: 10 }).idleSinceMs, null);
});

Deno.test("RunState.idleSinceMs is when the last session ended", () => {
  const events = [
    ...as("s1", [START, PROVEN]),
    ...as("s2", [START, PROVEN]),
    ...as("s1", [END]),
    ...as("s2", [CRASHED]),
  ];
  strictEqual(stateOf(events, { stepMs: 10 }).idleSinceMs, 50);
});

Deno.test("RunState.idleSinceMs counts from the end of a session with payload, even if its caller was not reported as proven", () => {
  const events = [...as("s1", [START, PROVEN, END]), ...as("s2", [START, CRASHED])];
  strictEqual(stateOf(events, { stepMs: 10 }).idleSinceMs, 40);
});

Deno.test("RunState.idleSinceMs is not changed by an attempt", () => {
  const events = [...as("s1", [START, PROVEN, END]), ...as("s2", [START, ATTEMPT])];
  strictEqual(stateOf(events, { stepMs: 10 }).idleSinceMs, 20);
});

/** The state after this many sessions, one after the other, while another one continues. */
function longRun(count: number, end: typeof END, keepsAll: boolean): RunState {
  const events = Array.from({ length: count }, (_, index) => as(`s${index}`, [START, PROVEN, end])).flat();
  return stateOf([...as("first", [START]), ...events], { keepsAll });
}

Deno.test("RunState forgets the oldest sessions that have ended, and counts them", () => {
  const state = longRun(1200, END, false);
  const [first, second] = state.sessions;
  deepStrictEqual([first?.start.session, second?.start.session, state.sessions.length, state.forgotten], [
    "first",
    "s201",
    1000,
    201,
  ]);
});

Deno.test("RunState forgets no session if all are needed", () => {
  const state = longRun(1200, END, true);
  deepStrictEqual([state.sessions.length, state.forgotten], [1201, 0]);
});

Deno.test("RunState keeps the first 1000 attempts and counts the others, though all sessions are needed", () => {
  const state = longRun(1200, ATTEMPT, true);
  deepStrictEqual([state.sessions.length, state.counts.attempts, state.forgotten], [1001, 1200, 0]);
});

Deno.test("RunState.receivedBytes does not shrink when a session ends, even if it has failed", () => {
  const s2 = { session: "s2" };
  const state = stateOf([START, STATS, { ...START, ...s2 }, { ...STATS, ...s2, bytes: 1000 }]);
  const before = state.receivedBytes;
  state.apply({ ...END, reason: "write-failed", bytes: 5 }, 0);
  deepStrictEqual([before, state.receivedBytes], [STATS.bytes + 1000, STATS.bytes + 1000]);
});

Deno.test("RunState counts an adopted session whose caller was proven, with the time of its start", () => {
  const state = stateOf([ADOPTED]);
  const { start, adopted } = state.sessions[0] ?? {};
  deepStrictEqual([start?.event, start?.time, adopted], ["session-start", ADOPTED.start, true]);
  deepStrictEqual([state.counts.sessions, state.hadSession], [1, true]);
  strictEqual(stateOf([{ ...ADOPTED, proven: false }]).counts.sessions, 0);
});

Deno.test("RunState counts the end of an adopted session like any other", () => {
  deepStrictEqual(countsOf(stateOf([ADOPTED, END])), [1, 0, 0, END.bytes]);
});

Deno.test("RunState.unconnectedPulls leaves out the pulls that have a session", () => {
  const pull = { listener: "srt://192.0.2.9:9000", reason: 16, text: "", advice: "", nextCallMs: 1000 };
  const state = stateOf([LISTENING]);
  state.readPulls = () => ["cam1", "cam2"].map((stream) => ({ ...pull, stream }));
  const seen = () => state.unconnectedPulls.map(({ stream }) => stream).join();
  const before = seen();
  state.apply({ ...START, session: "s1", stream: "cam1", pulled: true }, 0);
  state.apply({ ...START, session: "s2", stream: "cam2", pulled: false }, 0); // a caller of the same name
  deepStrictEqual([before, seen()], ["cam1,cam2", "cam2"]);
});
