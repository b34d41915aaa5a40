import { deepStrictEqual, ok } from "node:assert/strict";
import type { Reporter } from "../../mod/report/reporter.ts";
import { LiveReporter } from "../../mod/terminal/live_reporter.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { LISTENING, PROVEN, START, STATS } from "../report/events_of_a_run.ts";
import { stateOf } from "../run/state_of.ts";
import { within } from "../support/deadline.ts";

Deno.test("LiveReporter draws the table once for events that arrive together, and not for each stats event", async () => {
  const events: readonly SplitterEvent[] = [LISTENING, START, PROVEN];
  const lines: string[] = [];
  const drawn: string[] = [];
  const first = Promise.withResolvers<void>();
  const reporter = new LiveReporter({
    write: (text) => {
      drawn.push(text);
      first.resolve();
    },
    size: () => ({ columns: 80, rows: 24 }),
    color: false,
    utc: true,
    lines: (): Reporter => ({ report: ({ event }) => lines.push(event), warn: () => {}, debug: () => {} }),
    state: stateOf(events),
    now: () => 0,
  });
  try {
    for (const event of events) reporter.report(event);
    for (let times = 0; times < 1000; times += 1) reporter.report(STATS);
    deepStrictEqual([lines, drawn], [["listening", "session-start", "session-proven"], []]);
    await within(first.promise, "the table");
    deepStrictEqual(drawn.length, 1);
    ok(drawn[0]?.includes("\ns1 cam1 "), drawn[0]);
  } finally {
    reporter.finish();
  }
});
