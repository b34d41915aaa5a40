import assert from "node:assert/strict";

import { summaryTable } from "../../mod/terminal/summary_table.ts";
import { CRASHED, END, START } from "../report/events_of_a_run.ts";

Deno.test("summaryTable says how each session ended", () => {
  const sessions = [
    { start: START, end: END },
    { start: { ...START, session: "s2" }, end: { ...CRASHED, session: "s2" } },
    { start: { ...START, session: "s3" }, end: null },
  ];
  assert.deepStrictEqual(summaryTable(sessions, { columns: Infinity, color: false }).split("\n"), [
    "ID STREAM FROM                  TIME        RATE    SIZE     RTT LOST DROP END           FILE",
    "s1 cam1   192.0.2.9:40123 1 h 02 min 80.5 kbit/s 37.5 MB 12.3 ms   12    1 caller-closed cam1.ts",
    "s2 cam1   192.0.2.9:40123 1 h 02 min 80.5 kbit/s 37.5 MB                   crashed       cam1.ts",
    "s3 cam1   192.0.2.9:40123      0.0 s                                       cut off       cam1.ts",
  ]);
});

Deno.test("summaryTable marks failures red", () => {
  const text = summaryTable([{ start: START, end: CRASHED }], { columns: 200, color: true });
  assert.ok(text.includes("\x1b[31mcrashed\x1b[39m"));
});

Deno.test("summaryTable counts what it leaves out of a long run", () => {
  const sessions = Array.from({ length: 250 }, () => ({ start: START, end: END }));
  const lines = summaryTable(sessions, { columns: 80, color: false }).split("\n");
  assert.deepStrictEqual([lines.length, lines[0]], [202, "50 earlier sessions not shown"]);
});

Deno.test("summaryTable counts those too that nobody knows any more", () => {
  const sessions = Array.from({ length: 201 }, () => ({ start: START, end: END }));
  const [first] = summaryTable(sessions, { columns: 80, color: false, earlier: 41 }).split("\n");
  assert.strictEqual(first, "42 earlier sessions not shown");
});

Deno.test("summaryTable counts one session that it leaves out as one", () => {
  const sessions = Array.from({ length: 201 }, () => ({ start: START, end: END }));
  const [first] = summaryTable(sessions, { columns: 80, color: false }).split("\n");
  assert.strictEqual(first, "1 earlier session not shown");
});

Deno.test("summaryTable names no file where the end says that there is none", () => {
  const sessions = [{ start: START, end: { ...END, reason: "disk-full" as const, bytes: 0, file: null } }];
  assert.doesNotMatch(summaryTable(sessions, { columns: Infinity, color: false }), /cam1\.ts|FILE/);
});

Deno.test("summaryTable cuts a stream name of 512 bytes to 40 columns where nothing else limits it", () => {
  const sessions = [{ start: { ...START, stream: "x".repeat(512) }, end: END }, { start: START, end: END }];
  const [head = "", long = "", short = ""] = summaryTable(sessions, { columns: Infinity, color: false }).split("\n");
  assert.ok(long.startsWith(`s1 ${"x".repeat(39)}… 192.0.2.9:40123 `), long);
  assert.deepStrictEqual([head.indexOf("FROM"), short.indexOf("192.0.2.9")], [44, 44]);
});
