import assert from "node:assert/strict";

import { strictSchema } from "../support/schema.ts";
import { CRASHED, END, EXPECTATION, LISTENING, REFUSED, START, STATS, STOPPED, STOPPING } from "./events_of_a_run.ts";

const validate = strictSchema("mod/report/events.schema.json");

for (const event of [LISTENING, START, STATS, END, CRASHED, REFUSED, STOPPING, EXPECTATION, STOPPED]) {
  Deno.test(`events.schema.json describes ${event.event}${event === CRASHED ? " of a crash" : ""}`, () =>
    validate(event));
}

const WRONG: readonly (readonly [string, unknown])[] = [
  ["an event that it does not know", { event: "party", time: STOPPED.time }],
  ["an event without its time", { ...STOPPED, time: undefined }],
  ["a local time", { ...STOPPED, time: "2026-05-04T14:03:07.123+02:00" }],
  ["a count that is no number", { ...STOPPED, sessions: "2" }],
  ["a field that is in no schema", { ...STOPPED, weather: "fine" }],
  ["statistics that lack a figure", { ...END, statistics: { ...END.statistics, msRTT: undefined } }],
];

for (const [what, value] of WRONG) {
  Deno.test(`events.schema.json refuses ${what}`, () => {
    assert.throws(() => validate(JSON.parse(JSON.stringify(value))), /events\.schema\.json/);
  });
}
