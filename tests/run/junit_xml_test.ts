import assert from "node:assert/strict";

import { junitXml } from "../../mod/run/junit_xml.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { ATTEMPT, END, START, STATISTICS } from "../report/events_of_a_run.ts";
import { stateOf } from "./state_of.ts";

function junitOf(events: readonly SplitterEvent[]): string {
  return junitXml({
    state: stateOf(events),
    expectations: [],
    ending: null,
    waited: false,
    durationMs: 1,
    exitCode: 0,
    endTime: END.time,
  });
}

Deno.test("junitXml uses the singular for one recovered packet", () => {
  const end = { ...END, statistics: { ...STATISTICS, pktRcvLossTotal: 1, pktRcvDropTotal: 0 } };
  assert.match(junitOf([START, end]), /recovered 1 packet, missing 0/);
});

Deno.test("junitXml has no case for an attempt (a connection without payload)", () => {
  assert.match(junitOf([START, ATTEMPT]), /testsuites .*tests="0"/);
});

Deno.test("junitXml has a failure for an attempt that failed", () => {
  assert.match(junitOf([START, { ...ATTEMPT, reason: "crashed" }]), /testsuites .*tests="1" failures="1"/);
});
