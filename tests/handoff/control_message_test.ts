import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { parseAnswer, parseRequest } from "../../mod/handoff/control_message.ts";
import { END, START } from "../report/events_of_a_run.ts";

Deno.test("parseRequest returns a request, and null for any other text", () => {
  const stop = { hello: "command", command: "stop", sessions: ["s1", "cam1"] };
  deepStrictEqual(parseRequest(JSON.stringify(stop)), stop);
  const others = [{ ...stop, sessions: Array(1001).fill("s1") }, { ...stop, command: "fly" }, {
    ...stop,
    hello: "session",
  }];
  deepStrictEqual(
    ["{", "null", ...others.map((value) => JSON.stringify(value))].map(parseRequest),
    Array(5).fill(null),
  );
});

Deno.test("parseAnswer returns an answer, and null for any other text", () => {
  const start = { ...START, session: "s1" };
  const sessions = [{ start, adopted: false, proven: true, durationMs: 1, file: null, figures: null }];
  const answer = { answer: "sessions", pid: 1, sessions };
  deepStrictEqual(parseAnswer(JSON.stringify(answer)), answer);
  const ended = { answer: "stop", pid: 1, ended: [END], refused: ["s2"], unknown: ["s9"] };
  deepStrictEqual(parseAnswer(JSON.stringify(ended)), ended);
  const cut = [{ session: "s1", stream: null, file: "/b.ts", previous: "/a.ts" }];
  const failed = [{ session: "s2", stream: "cam1", problem: "its recording has ended" }];
  const answered = { answer: "cut", pid: 1, cut, failed, unknown: [] };
  deepStrictEqual(parseAnswer(JSON.stringify(answered)), answered);
  const ban = { kind: "address", subject: "192.0.2.0/24", remainingMs: null };
  const banned = { answer: "ban", pid: 1, ban, ended: [END], refused: [] };
  deepStrictEqual(parseAnswer(JSON.stringify(banned)), banned);
  const event = { answer: "event", event: { event: "of a newer version", time: START.time, field: 1 } };
  deepStrictEqual(parseAnswer(JSON.stringify(event)), event);
  strictEqual(parseAnswer(JSON.stringify({ ...answer, sessions: [{ start }] })), null);
  strictEqual(parseAnswer("{"), null);
});
