import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { EventHistory } from "../../mod/web/event_history.ts";
import type { StatsEvent } from "../../mod/vocabulary/events.ts";
import type { SrtStatistics } from "../../mod/vocabulary/statistics.ts";

/** The statistics of a session `seconds` after its start. */
function stats(seconds: number, pktRcvDropTotal = 0): StatsEvent {
  return {
    event: "stats",
    time: new Date(seconds * 1000).toISOString(),
    session: "s1",
    stream: "cam1",
    durationMs: seconds * 1000,
    bytes: 0,
    bitsPerSecond: 1000 + seconds,
    statistics: { pktRcvDropTotal } as SrtStatistics,
    ts: null,
  };
}

const NO_DATA = { event: "no-data", time: "2026-01-01T00:00:00Z", session: "s1", stream: "cam1", idleMs: 1 } as const;

Deno.test("EventHistory returns events and rates after a position, and everything for a position of another process", () => {
  const history = new EventHistory("a");
  history.note(NO_DATA);
  history.note(stats(1));
  const first = history.since(null);
  deepStrictEqual([first.complete, first.events.length, first.rates.length], [true, 1, 1]);
  history.note({ ...NO_DATA, idleMs: 2 });
  const next = history.since(first.position);
  deepStrictEqual(next.events, [{ ...NO_DATA, idleMs: 2 }]);
  deepStrictEqual([next.complete, next.rates], [false, []]);
  for (const after of ["b:0", "a:99", "a:x", ""]) strictEqual(history.since(after).events.length, 2, after);
});

Deno.test("EventHistory keeps one rate every 2 s, with all packets that are missing since the rate before it", () => {
  const history = new EventHistory("a");
  for (const [seconds, missing] of [[1, 5], [2, 7], [3, 9], [5, 9]] as const) history.note(stats(seconds, missing));
  deepStrictEqual(
    history.since(null).rates.map(({ bitsPerSecond, missingPackets }) => [bitsPerSecond, missingPackets]),
    [[1001, 0], [1003, 4], [1005, 0]],
  );
});

Deno.test("EventHistory forgets rates after 5 minutes and at the end of the session, and events beyond 200", () => {
  const history = new EventHistory("a");
  for (let seconds = 0; seconds <= 400; seconds += 2) history.note(stats(seconds));
  strictEqual(history.since(null).rates.length, 150);
  for (let count = 0; count < 300; count += 1) history.note({ ...NO_DATA, idleMs: count });
  const { events } = history.since(null);
  deepStrictEqual([events.length, events.at(-1)], [200, { ...NO_DATA, idleMs: 299 }]);
  history.note({ event: "session-end", session: "s1" } as never);
  deepStrictEqual(history.since(null).rates, []);
});

Deno.test("EventHistory leaves out events that are too frequent", () => {
  const history = new EventHistory("a");
  for (const event of ["stats", "disk", "refusals", "session-proven"] as const) {
    history.note(event === "stats" ? stats(1) : { event } as never);
  }
  deepStrictEqual(history.since(null).events, []);
});
