/** Tests of mod/handoff/child_message.ts. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { parseChildMessage } from "../../mod/handoff/child_message.ts";
import { END, SEGMENT, START, STATS } from "../report/events_of_a_run.ts";

const MESSAGES = [
  { event: "ready" },
  { event: "alive" },
  { event: "proven" },
  { event: "stranger", streamId: null },
  { event: "warning", text: "the clock was changed" },
  { event: "recording-failed" },
  { event: "not-accepted", cause: "timeout", text: "too late" },
  { event: "not-accepted", cause: "rejected", text: "", reason: 14 },
  { ...START, session: "s1" },
  { ...START, session: "s1", file: null },
  { ...SEGMENT, session: "s1" },
  { ...STATS, session: "s1" },
  { ...END, session: "s1" },
  { ...END, session: "s1", file: null },
] as const;

for (const message of MESSAGES) {
  Deno.test(`parseChildMessage accepts ${JSON.stringify(message).slice(0, 60)} as it is`, () => {
    deepStrictEqual(parseChildMessage(JSON.stringify(message), "s1"), message);
  });
}

for (
  const line of [
    "",
    "{",
    "hello",
    "null",
    "7",
    '"ready"',
    "[]",
    '["ready"]',
    "{}",
    '{"event":null}',
    '{"event":7}',
    '{"event":"exit"}',
    '{"event":"toString"}',
    '{"event":"__proto__"}',
    '{"event":"constructor"}',
    '{"event":"listening","time":"x"}',
    '{"event":"not-accepted"}',
    '{"event":"not-accepted","cause":"timeout","text":7}',
    '{"event":"not-accepted","cause":"rejected","text":"","reason":"14"}',
    '{"event":"not-accepted","cause":"hello","text":""}',
    '{"event":"warning"}',
    '{"event":"ready"}{"event":"ready"}',
  ]
) {
  Deno.test(`parseChildMessage returns null for ${line === "" ? "an empty line" : line}`, () => {
    strictEqual(parseChildMessage(line, "s1"), null);
  });
}

for (
  const [event, field, values] of [
    [START, "time", [undefined, 7]],
    [START, "latencyMs", [undefined, "120", null]],
    [START, "file", [undefined, 7]],
    [START, "pid", [undefined, "1"]],
    [STATS, "bytes", [undefined, "1"]],
    [START, "caller", [undefined, null, { address: "127.0.0.1" }]],
    [STATS, "statistics", [undefined, 7, null, {}]],
    [STATS, "ts", [undefined, 7, {}]],
    [END, "ts", [undefined, "ok"]],
    [END, "reason", ["because"]],
    [END, "files", [undefined, null, [7]]],
    [END, "attempt", [undefined, 0]],
    [END, "reason", [undefined, 7]],
    [END, "bytes", [undefined, "1", null]],
    [END, "file", [undefined, 7]],
    [END, "session", [undefined, 7, "s2", "S1", ""]],
    [START, "session", ["s2"]],
    [STATS, "session", ["s2"]],
  ] as const
) {
  for (const value of values) {
    Deno.test(`parseChildMessage returns null for ${event.event} whose ${field} is ${JSON.stringify(value)}`, () => {
      strictEqual(parseChildMessage(JSON.stringify({ ...event, session: "s1", [field]: value }), "s1"), null);
    });
  }
}

Deno.test("parseChildMessage returns null for a number that JSON.parse reads as Infinity", () => {
  const line = JSON.stringify({ ...END, session: "s1" }).replace(/"bytes":\d+/, '"bytes":1e999');
  strictEqual(parseChildMessage(line, "s1"), null);
});
