import { deepEqual } from "node:assert/strict";

import { RunningSessions } from "../../mod/retention/running_sessions.ts";
import { ADOPTED, DELETED, END, SEGMENT, START, STATS } from "../report/events_of_a_run.ts";

const MINUTE_MS = 60_000;

Deno.test("RunningSessions returns the files and the latency of the running sessions", () => {
  const running = new RunningSessions();
  running.note({ ...START, file: "a.ts" }, 0);
  running.note({ ...SEGMENT, previous: "a.ts", file: "b.ts" }, 0);
  running.note({ ...START, session: "s2", latencyMs: 2000, file: null }, 0);
  deepEqual([...running.current], [["s1", "b.ts"], ["s2", null]]);
  deepEqual([[...running.files], running.longestLatencyMs], [["a.ts", "b.ts"], 2000]);
  for (const session of ["s1", "s2"]) running.note({ ...END, session }, 0);
  deepEqual([[...running.current], [...running.files], running.longestLatencyMs], [[], [], 0]);
});

Deno.test("RunningSessions knows all files of an adopted session", () => {
  const running = new RunningSessions();
  running.note({ ...ADOPTED, files: ["a.ts", "b.ts"], file: "b.ts" }, 0);
  deepEqual([[...running.current], [...running.files]], [[["s1", "b.ts"]], ["a.ts", "b.ts"]]);
});

Deno.test("RunningSessions.note reports when a file has become complete", () => {
  const running = new RunningSessions();
  deepEqual([START, STATS, SEGMENT, END].map((event) => running.note(event, 0)), [false, false, true, true]);
});

Deno.test("RunningSessions.isFresh is true for a minute after a file has become complete", () => {
  const running = new RunningSessions();
  running.note({ ...SEGMENT, previous: "a.ts", file: "b.ts" }, 0);
  running.note({ ...END, file: "b.ts" }, 10_000);
  const fresh = (nowMs: number) => ["a.ts", "b.ts", "c.ts"].filter((file) => running.isFresh(file, nowMs));
  deepEqual(
    [fresh(MINUTE_MS - 1), fresh(MINUTE_MS), fresh(MINUTE_MS + 10_000)],
    [["a.ts", "b.ts"], ["b.ts"], []],
  );
});

Deno.test("RunningSessions returns the bytes of deleted files of running sessions", () => {
  const running = new RunningSessions();
  running.note({ ...START, file: "a.ts" }, 0);
  running.note({ ...SEGMENT, previous: "a.ts", file: "b.ts" }, 0);
  for (const file of ["a.ts", "c.ts"]) running.note({ ...DELETED, file, bytes: 7 }, 0);
  deepEqual(["a.ts", "b.ts", "c.ts"].map((file) => running.deletedBytes(file)), [7, null, null]);
  running.note(END, 0);
  deepEqual(running.deletedBytes("a.ts"), null);
});

Deno.test("RunningSessions.isFresh counts from the last time that a file became complete", () => {
  const running = new RunningSessions();
  running.note({ ...END, file: "a.ts" }, 0);
  running.note({ ...END, file: "b.ts" }, 1000);
  running.note({ ...END, file: "a.ts" }, 2000); // a later session continued it
  const fresh = (nowMs: number) => ["a.ts", "b.ts"].filter((file) => running.isFresh(file, nowMs));
  deepEqual([fresh(MINUTE_MS + 1000), fresh(MINUTE_MS + 2000)], [["a.ts"], []]);
});
