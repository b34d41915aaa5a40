/** Tests of mod/run/lost_sessions.ts, as part of the run state. */
import { deepStrictEqual } from "node:assert/strict";
import type { RunState } from "../../mod/run/run_state.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import type { EndReason } from "../../mod/vocabulary/values.ts";
import { DATA_AGAIN, END, NO_DATA, PROVEN, START } from "../report/events_of_a_run.ts";
import { stateOf } from "./state_of.ts";

const LOST: SplitterEvent = { ...END, reason: "silence" };
const S2 = { session: "s2" };

function lostIn(events: readonly SplitterEvent[]): readonly string[] {
  return stateOf(events).lost.map(({ start }) => start.session);
}

for (
  const [reason, attempt, isLost] of [
    ["silence", false, true],
    ["idle", false, true],
    ["moved", false, true],
    ["crashed", false, true],
    ["disk-full", true, true],
    ["silence", true, false],
    ["caller-closed", false, false],
    ["stopped", false, false],
    ["replaced", false, false],
  ] as const satisfies readonly (readonly [EndReason, boolean, boolean])[]
) {
  Deno.test(`RunState.lost has ${isLost ? "a" : "no"} session that ended with ${reason}${attempt ? " without payload" : ""}`, () => {
    deepStrictEqual(lostIn([START, PROVEN, { ...END, reason, attempt }]), isLost ? ["s1"] : []);
  });
}

for (
  const [what, events, expected] of [
    ["keeps a session while a caller with its stream name has only connected", [{ ...START, ...S2 }], ["s1"]],
    ["removes a session once a caller with its stream name has proven itself", [{ ...START, ...S2 }, {
      ...PROVEN,
      ...S2,
    }], []],
    ["keeps a session when a caller with another stream name has proven itself", [{ ...START, ...S2, stream: "cam2" }, {
      ...PROVEN,
      ...S2,
      stream: "cam2",
    }], ["s1"]],
    ["has the newest session of a stream name", [{ ...START, ...S2 }, { ...LOST, ...S2 }], ["s2"]],
  ] as const
) {
  Deno.test(`RunState.lost ${what}`, () => deepStrictEqual(lostIn([START, PROVEN, LOST, ...events]), expected));
}

Deno.test("RunState.lost has no session if another one with its stream name runs", () => {
  deepStrictEqual(lostIn([START, PROVEN, { ...START, ...S2 }, { ...PROVEN, ...S2 }, LOST]), []);
});

Deno.test("RunState.lost identifies a caller without a stream name by its address", () => {
  const back = { ...START, ...S2, stream: null, caller: { ...START.caller, port: 9 } };
  const lost = [{ ...START, stream: null }, { ...LOST, stream: null }];
  deepStrictEqual([lostIn(lost), lostIn([...lost, back, { ...PROVEN, ...S2, stream: null }])], [["s1"], []]);
});

Deno.test("RunState.lost has at most 100 sessions, the newest ones", () => {
  const events = Array.from({ length: 102 }, (_, index) => {
    const session = { session: `s${index}`, stream: `cam${index}` };
    return [{ ...START, ...session }, { ...LOST, ...session }];
  });
  const lost = lostIn(events.flat());
  deepStrictEqual([lost.length, lost[0]], [100, "s2"]);
});

Deno.test("RunState.clearLost forgets lost sessions", () => {
  const state: RunState = stateOf([START, PROVEN, LOST]);
  state.clearLost();
  deepStrictEqual(state.lost, []);
});

Deno.test("RunState.clearLostSession forgets one lost session, once", () => {
  const other = { session: "s2", stream: "cam2" };
  const state: RunState = stateOf([START, PROVEN, LOST, { ...START, ...other }, { ...LOST, ...other }]);
  deepStrictEqual([state.clearLostSession("s2"), state.clearLostSession("s2")], [true, false]);
  deepStrictEqual(state.lost.map(({ start }) => start.session), [START.session]);
});

Deno.test("RunState has the time at which the payload of a session stopped", () => {
  const sinceMs = (events: readonly SplitterEvent[]) =>
    stateOf([START, ...events], { stepMs: 5000 }).sessions[0]?.noDataSinceMs;
  deepStrictEqual([sinceMs([]), sinceMs([NO_DATA]), sinceMs([NO_DATA, DATA_AGAIN])], [
    null,
    5000 - NO_DATA.idleMs,
    null,
  ]);
});
