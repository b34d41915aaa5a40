import assert from "node:assert/strict";

import { summaryTable } from "../../mod/terminal/summary_table.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { ATTEMPT, CRASHED, END, START } from "../report/events_of_a_run.ts";
import { stateOf } from "../run/state_of.ts";

/** The table of a run with these events. */
function table(
  events: readonly SplitterEvent[],
  { columns = Infinity, color = false, keepsAll = true } = {},
): string {
  return summaryTable(stateOf(events, { keepsAll }), { columns, nowMs: 5000, color, utc: true, folder: "/rec" });
}

function sessions(count: number): readonly SplitterEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const session = `s${index}`;
    return [{ ...START, session }, { ...END, session }];
  }).flat();
}

Deno.test("summaryTable shows how each session ended, and how long one without an end has run", () => {
  const events = [START, END, { ...START, session: "s2" }, { ...CRASHED, session: "s2" }, { ...START, session: "s3" }];
  assert.deepStrictEqual(table(events).split("\n"), [
    "ID STREAM FROM                  TIME        RATE    SIZE     RTT RECOVERED MISSING END           FILE",
    "s1 cam1   192.0.2.9:40123 1 h 02 min 80.5 kbit/s 37.5 MB 12.3 ms        11       1 caller-closed cam1.ts",
    "s2 cam1   192.0.2.9:40123 1 h 02 min 80.5 kbit/s 37.5 MB                           crashed       cam1.ts",
    "s3 cam1   192.0.2.9:40123      5.0 s                                               unfinished    cam1.ts",
  ]);
});

Deno.test("summaryTable marks failures red", () => {
  assert.ok(table([START, CRASHED], { columns: 200, color: true }).includes("\x1b[31mcrashed\x1b[39m"));
});

Deno.test("summaryTable is empty without a session", () => {
  assert.strictEqual(table([START, ATTEMPT]), "");
});

Deno.test("summaryTable shows an attempt that failed", () => {
  assert.match(table([START, { ...ATTEMPT, reason: "disk-full" }]), /disk-full/);
});

Deno.test("summaryTable counts the earlier sessions of a long run", () => {
  const lines = table(sessions(250), { columns: 80 }).split("\n");
  assert.deepStrictEqual([lines.length, lines[0]], [202, "50 earlier sessions not shown"]);
});

Deno.test("summaryTable counts sessions that are no longer kept", () => {
  const [first] = table(sessions(1041), { columns: 80, keepsAll: false }).split("\n");
  assert.strictEqual(first, "841 earlier sessions not shown");
});

Deno.test("summaryTable uses the singular for one earlier session", () => {
  const [first] = table(sessions(201), { columns: 80 }).split("\n");
  assert.strictEqual(first, "1 earlier session not shown");
});

Deno.test("summaryTable names no file if the end has none", () => {
  assert.doesNotMatch(table([START, { ...END, reason: "disk-full", bytes: 0, file: null }]), /cam1\.ts|FILE/);
});

Deno.test("summaryTable shortens a stream name of 512 bytes to 40 columns if nothing else limits it", () => {
  const s2 = { session: "s2" };
  const events = [{ ...START, stream: "x".repeat(512) }, END, { ...START, ...s2 }, { ...END, ...s2 }];
  const [head = "", long = "", short = ""] = table(events).split("\n");
  assert.ok(long.startsWith(`s1 ${"x".repeat(20)}…${"x".repeat(19)} 192.0.2.9:40123 `), long);
  assert.deepStrictEqual([head.indexOf("FROM"), short.indexOf("192.0.2.9")], [44, 44]);
});
