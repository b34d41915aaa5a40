/** Tests of mod/listener/tally.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { Tally } from "../../mod/listener/tally.ts";
import type { EndReason } from "../../mod/vocabulary/values.ts";
import { END } from "../report/events_of_a_run.ts";

const REASONS: Readonly<Record<EndReason, number>> = {
  "caller-closed": 0,
  "silence": 0,
  "stopped": 0,
  "replaced": 0,
  "idle": 0,
  "moved": 0,
  "disk-full": 1,
  "write-failed": 1,
  "connection-failed": 1,
  "key-lost": 1,
  "undelivered": 1,
  "crashed": 1,
};

for (const [reason, failed] of Object.entries(REASONS) as [EndReason, number][]) {
  Deno.test(`Tally counts the end "${reason}" as ${failed === 1 ? "failed" : "clean"}`, () => {
    const tally = new Tally();
    tally.begin();
    tally.end({ ...END, reason, bytes: 7 });
    deepStrictEqual([tally.sessions, tally.failed, tally.bytes], [1, failed, 7]);
  });
}

Deno.test("Tally counts running sessions, and adds the bytes of those that ended", () => {
  const tally = new Tally();
  for (let sessions = 0; sessions < 3; sessions += 1) tally.begin();
  for (const bytes of [1, 2]) tally.end({ ...END, reason: "caller-closed", bytes });
  deepStrictEqual([tally.sessions, tally.bytes], [3, 3]);
});
