/** Tests of mod/handoff/session_child.ts: the messages of a child and its end. Shell scripts take the place of sessions. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { END, START, STATS } from "../report/events_of_a_run.ts";
import { Child, ENDS, LONG_DEADLINES, print, READ_TICKET, READY, REPORTS_STATS, STARTS } from "./started_child.ts";
import { ticketOf } from "./ticket_of.ts";

Deno.test("SessionChild.messages yields the events in order, and session-end is the outcome too", async () => {
  await using child = new Child([READ_TICKET, print({ event: "ready" }), STARTS, REPORTS_STATS, REPORTS_STATS, ENDS]);
  deepStrictEqual(await child.outcome(), { kind: "ended", event: { ...END, session: "s1" } });
  deepStrictEqual([child.events, child.texts], [["ready", "session-start", "stats", "stats", "session-end"], []]);
});

Deno.test("a session that ends with 1000 files ends cleanly: its end is read whole", async () => {
  const files = Array.from({ length: 1000 }, (_, index) => `/srv/recordings/${"x".repeat(60)}-${index}.ts`);
  const end = { ...END, session: "s1", files };
  await using child = new Child([READ_TICKET, STARTS, print(end)]);
  deepStrictEqual(await child.outcome(), { kind: "ended", event: end });
});

Deno.test("the outcome of a child that could not accept its caller has the cause", async () => {
  await using child = new Child([
    READ_TICKET,
    print({ event: "not-accepted", cause: "connection", text: "no answer" }),
    "exit 3",
  ]);
  deepStrictEqual(await child.outcome(), { kind: "not-accepted", cause: "connection", text: "no answer" });
});

Deno.test("the outcome of a child whose libsrt rejected the caller has the reason", async () => {
  await using child = new Child([
    READ_TICKET,
    print({ event: "not-accepted", cause: "rejected", text: "no", reason: 14 }),
    "exit 3",
  ]);
  deepStrictEqual(await child.outcome(), { kind: "not-accepted", cause: "rejected", text: "no", reason: 14 });
});

Deno.test("a child that never accepts its caller is killed when its time has passed", async () => {
  await using child = new Child([READ_TICKET, print({ event: "ready" }), "read -r order"], {
    deadlines: { ...LONG_DEADLINES, acceptedMs: 50 },
  });
  deepStrictEqual(await child.outcome(), {
    kind: "not-accepted",
    cause: "timeout",
    text: "its process was not ready within 0.05 s",
  });
});

Deno.test("a child that never accepts its caller although it got more time is reported with all of its time", async () => {
  await using child = new Child([READ_TICKET, print({ event: "ready" }), "read -r wait", "read -r order"], {
    deadlines: { ...LONG_DEADLINES, acceptedMs: 50 },
  });
  child.child.delayRecording();
  deepStrictEqual(await child.outcome(), {
    kind: "not-accepted",
    cause: "timeout",
    text: "its process was not ready within 0.1 s",
  });
});

Deno.test("a child that was ordered to wait has twice the time to start its session", async () => {
  for (let acceptedMs = 200;; acceptedMs *= 4) {
    await using child = new Child([READ_TICKET, "read -r wait", "read -r record", STARTS, "read -r stop", ENDS], {
      deadlines: { ...LONG_DEADLINES, acceptedMs },
    });
    child.child.delayRecording();
    await new Promise((resolve) => setTimeout(resolve, acceptedMs * 1.5)); // between the usual time and twice that
    child.child.record();
    child.child.stop();
    const { kind } = await child.outcome();
    if (kind === "not-accepted" && acceptedMs < 10_000) continue; // a busy machine was slower than that
    return strictEqual(kind, "ended");
  }
});

Deno.test("a child that accepted its caller in time is not killed when that time has passed", async () => {
  for (let acceptedMs = 200;; acceptedMs *= 4) {
    // the shell's read ends when the order comes, after the deadline
    await using child = new Child([STARTS, READ_TICKET, "read -r order", ENDS], {
      deadlines: { ...LONG_DEADLINES, acceptedMs },
    });
    await new Promise((resolve) => setTimeout(resolve, acceptedMs + 100));
    child.child.stop();
    const { kind } = await child.outcome();
    if (kind === "not-accepted" && acceptedMs < 10_000) continue; // a busy machine started the shell later than that
    return strictEqual(kind, "ended");
  }
});

Deno.test("a child that does not stop in time is killed", async () => {
  await using child = new Child([READ_TICKET, STARTS, "while read -r order; do :; done"], {
    deadlines: { ...LONG_DEADLINES, stoppedMs: 50 },
  });
  await child.whenEventCame();
  child.child.stop();
  const outcome = await child.outcome();
  deepStrictEqual([outcome.kind, outcome.kind === "crashed" && outcome.signal], ["crashed", "SIGKILL"]);
});

Deno.test("SessionChild.stop writes the order, and a child that obeys ends with its own report", async () => {
  await using child = new Child([READ_TICKET, STARTS, "read -r order", '[ "$order" = stop ] || exit 1', ENDS]);
  await child.whenEventCame();
  child.child.stop();
  strictEqual((await child.outcome()).kind, "ended");
});

for (const signal of ["KILL", "SEGV", "ABRT"]) {
  Deno.test(`a session whose process dies of SIG${signal} has crashed, with its last state in the outcome`, async () => {
    await using child = new Child([
      READ_TICKET,
      STARTS,
      REPORTS_STATS,
      "read -r order",
      `kill -${signal} $$`,
      "sleep 60",
    ]);
    await child.whenEventCame();
    child.child.stop();
    const outcome = await child.outcome();
    if (outcome.kind !== "crashed") throw new Error(`not crashed but ${outcome.kind}`);
    deepStrictEqual([outcome.signal, outcome.started?.file, outcome.lastStats?.bytes], [
      `SIG${signal}`,
      START.file,
      STATS.bytes,
    ]);
  });
}

Deno.test("the outcome of a process that dies before its caller was accepted has no start", async () => {
  await using child = new Child([READ_TICKET, "kill -KILL $$"]);
  const outcome = await child.outcome();
  deepStrictEqual([outcome.kind, outcome.kind === "crashed" && outcome.started], ["crashed", null]);
});

Deno.test("a process that ends with an exit code and without session-end has crashed", async () => {
  await using child = new Child([READ_TICKET, STARTS, "exit 70"]);
  const outcome = await child.outcome();
  if (outcome.kind !== "crashed") throw new Error(`not crashed but ${outcome.kind}`);
  deepStrictEqual([outcome.signal, outcome.code, outcome.started?.session], [null, 70, "s1"]);
});

Deno.test("an unknown message is passed on as text, and the messages after it are read", async () => {
  const garbage = ["hello", '{"event":"session-end"}', print({ ...END, session: "s2" })];
  await using child = new Child([
    READ_TICKET,
    ...garbage.slice(0, 2).map((line) => `printf '%s\\n' '${line}'`),
    garbage[2] ?? "",
    STARTS,
    ENDS,
  ]);
  strictEqual((await child.outcome()).kind, "ended");
  deepStrictEqual([child.texts.length, child.texts.slice(0, 2)], [3, [
    "unexpected message: hello",
    'unexpected message: {"event":"session-end"}',
  ]]);
});

Deno.test("messages that are not text do not end the child", async () => {
  await using child = new Child([READ_TICKET, "head -c 100000 /dev/urandom", "echo", STARTS, ENDS]);
  strictEqual((await child.outcome()).kind, "ended");
  deepStrictEqual(child.events, ["session-start", "session-end"]);
});

Deno.test("what a child writes to stderr is passed on line by line", async () => {
  await using child = new Child([READ_TICKET, READY, "echo one >&2", "echo two >&2", ENDS]);
  await child.outcome();
  deepStrictEqual(child.texts, ["one", "two"]);
});

Deno.test("a child that reads nothing and exits at once has an outcome, and nothing throws", async () => {
  await using child = new Child(["exec 0<&-", "exit 3"]);
  const outcome = await child.outcome();
  deepStrictEqual([outcome.kind, outcome.kind === "crashed" && outcome.code], ["crashed", 3]);
});

Deno.test("SessionChild.kill of a child that is gone does nothing", async () => {
  await using child = new Child([READ_TICKET, ENDS]);
  await child.outcome();
  child.child.kill();
  strictEqual((await child.outcome()).kind, "ended");
});

Deno.test("SessionChild.kill ends a child that ignores SIGTERM, SIGINT, SIGHUP and all orders", async () => {
  await using child = new Child([
    "trap '' TERM INT HUP",
    READ_TICKET,
    STARTS,
    "while :; do read -r order || sleep 1; done",
  ]);
  await child.whenEventCame();
  child.child.kill();
  const outcome = await child.outcome();
  strictEqual(outcome.kind === "crashed" && outcome.signal, "SIGKILL");
});

Deno.test("SessionChild.textRead waits for the end of stderr, even if it comes after the end of the process", async () => {
  await using child = new Child([READ_TICKET, READY, "{ sleep 0.1; echo late >&2; } >/dev/null </dev/null &", ENDS]);
  await child.outcome();
  deepStrictEqual(child.texts, ["late"]);
});

Deno.test("a child that does not exit after session-end is killed", async () => {
  const deadlines = { ...LONG_DEADLINES, leftMs: 100 };
  await using child = new Child([READ_TICKET, STARTS, ENDS, "exec sleep 60"], { deadlines });
  strictEqual((await child.outcome()).kind, "ended");
});

Deno.test("a session whose process does not respond is reported, then killed", async () => {
  await using child = new Child([READ_TICKET, STARTS, "read -r order"], {
    deadlines: { ...LONG_DEADLINES, quietMs: 900, hungMs: 2900 },
  });
  const outcome = await child.outcome();
  deepStrictEqual(
    [outcome.kind, outcome.kind === "crashed" && [outcome.signal, outcome.killed]],
    ["crashed", ["SIGKILL", "it did not respond for 2.9 s"]],
  );
  // it is reported later if the machine stalled, because no process is blamed for that
  strictEqual(child.texts.some((text) => /has not responded for 0.9 s.*\ncheck this machine/.test(text)), true);
});

Deno.test("a session whose process reports that it is alive is not killed", async () => {
  for (let hungMs = 400;; hungMs *= 4) {
    const alive = Array.from({ length: 6 }, () => `${print({ event: "alive" })}; sleep ${hungMs / 4000}`); // 1.5 times `hungMs`
    await using child = new Child([READ_TICKET, STARTS, ...alive, ENDS], {
      deadlines: { ...LONG_DEADLINES, quietMs: hungMs / 2, hungMs },
    });
    const { kind } = await child.outcome();
    if (kind === "crashed" && hungMs < 10_000) continue; // a busy machine was slower than that
    return strictEqual(kind, "ended");
  }
});

Deno.test("the deadline of a stop is extended by the latency in force", async () => {
  const starts = print({ ...START, latencyMs: 60_000 });
  await using child = new Child([READ_TICKET, starts, "read -r order", "sleep 0.1", ENDS], {
    deadlines: { ...LONG_DEADLINES, stoppedMs: 50 },
  });
  await child.whenEventCame();
  child.child.stop();
  strictEqual((await child.outcome()).kind, "ended");
});

Deno.test("the deadline of a stop is extended by the time that the caller waited for its session", async () => {
  const starts = print({ ...START, latencyMs: 0 });
  await using child = new Child([READ_TICKET, starts, "read -r order", "sleep 0.3", ENDS], {
    deadlines: { ...LONG_DEADLINES, stoppedMs: 50 },
    ticket: ticketOf({ concludedMs: Date.now() - 20_000 }),
  });
  await child.whenEventCame();
  child.child.stop();
  strictEqual((await child.outcome()).kind, "ended");
});

Deno.test("if a session has not started yet, the deadline of a stop is extended by the latency that the caller requests", async () => {
  await using child = new Child([READ_TICKET, "read -r order", "sleep 0.3", STARTS, ENDS], {
    deadlines: { ...LONG_DEADLINES, stoppedMs: 50 },
    ticket: ticketOf({ callerLatencyMs: 60_000 }),
  });
  child.child.stop();
  strictEqual((await child.outcome()).kind, "ended");
});

Deno.test("what a child writes to stderr before it is ready is kept, and passed on once it is", async () => {
  await using never = new Child([READ_TICKET, "echo panic >&2", "exit 1"]);
  await using late = new Child([READ_TICKET, "echo early >&2", READY, ENDS]);
  await Promise.all([never.outcome(), late.outcome()]);
  deepStrictEqual([never.texts, never.child.earlyText], [[], ["panic"]]);
  deepStrictEqual([late.texts, late.child.earlyText], [["early"], []]);
});
