/** Tests of mod/vocabulary/events.schema.json. They also fail for a field that the schema does not name. */
import assert from "node:assert/strict";
import {
  ADOPTED,
  CRASHED,
  DATA_AGAIN,
  DELETED,
  DISK,
  DISK_LOW,
  END,
  EXPECTATION,
  LISTENING,
  MISSING,
  NO_DATA,
  REFUSED,
  SEGMENT,
  START,
  STATS,
  STOPPED,
  STOPPING,
} from "../report/events_of_a_run.ts";
import { strictSchema } from "../support/schema.ts";

const validate = strictSchema("mod/vocabulary/events.schema.json");

for (
  const event of [
    ...[
      LISTENING,
      START,
      ADOPTED,
      SEGMENT,
      DELETED,
      STATS,
      NO_DATA,
      DATA_AGAIN,
      MISSING,
      DISK,
      DISK_LOW,
      END,
      CRASHED,
      REFUSED,
    ],
    ...[STOPPING, EXPECTATION, STOPPED],
  ]
) {
  Deno.test(`events.schema.json describes ${event.event}${event === CRASHED ? " of a crash" : ""}`, () =>
    validate(event));
}

const WRONG: readonly (readonly [string, unknown])[] = [
  ["an unknown event", { event: "party", time: STOPPED.time }],
  ["an event without its time", { ...STOPPED, time: undefined }],
  ["a local time", { ...STOPPED, time: "2026-05-04T14:03:07.123+02:00" }],
  ["a count that is not a number", { ...STOPPED, sessions: "2" }],
  ["statistics without a figure", { ...END, statistics: { ...END.statistics, msRTT: undefined } }],
];

for (const [what, value] of WRONG) {
  Deno.test(`events.schema.json rejects ${what}`, () => {
    assert.throws(() => validate(JSON.parse(JSON.stringify(value))), /events\.schema\.json/);
  });
}

Deno.test("the check of these tests refuses a field that events.schema.json does not name", () => {
  assert.throws(() => validate({ ...STOPPED, weather: "fine" }), /events\.schema\.json/);
});
