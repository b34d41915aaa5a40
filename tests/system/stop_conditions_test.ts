/** When a run ends by itself, and what it reports then. */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const LOCAL = "127.0.0.1:0";

Deno.test("--sessions ends the run after that many sessions and is named as the cause", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "2"]);
  await call(splitter, "cam1");
  await splitter.event("session-end");
  await call(splitter, "cam2");
  const { code } = await splitter.ended();
  const [stopping] = splitter.eventsNamed("stopping");
  assert.deepStrictEqual([code, stopping?.cause, stopping?.text], [
    0,
    "--sessions",
    "2 sessions have ended (--sessions 2)",
  ]);
});

Deno.test("--sessions does not end the run while there are too few sessions", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "2"]);
  await call(splitter, "cam1");
  await splitter.event("session-end");
  assert.strictEqual(await splitter.stop("SIGTERM"), 0);
  assert.strictEqual(splitter.eventsNamed("stopping")[0]?.cause, "SIGTERM");
});

Deno.test("--for ends the run and closes the sessions that run", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--for", "6s"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { code } = await splitter.ended();
  await caller.waitUntilBroken();
  const [stopping] = splitter.eventsNamed("stopping");
  const [end] = splitter.eventsNamed("session-end");
  assert.deepStrictEqual([code, stopping?.cause, stopping?.sessions, end?.reason], [0, "--for", 1, "stopped"]);
});

Deno.test("--wait fails if no caller calls, with hints", async () => {
  const { code, stderr } = await Splitter.run(["listen", LOCAL, "--wait", "200ms"]);
  assert.strictEqual(code, 6);
  assert.match(
    stderr,
    /no session began within 0\.2 s \(--wait\)\nhint: callers reach this listener at srt:\/\/127\.0\.0\.1:\d+/,
  );
});

Deno.test("--wait has no effect once a session has begun", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--wait", "6s", "--idle-exit", "6500ms"]);
  await call(splitter, "cam1");
  const { code } = await splitter.ended();
  assert.deepStrictEqual([code, splitter.eventsNamed("stopping")[0]?.cause], [0, "--idle-exit"]);
});

Deno.test("--wait fails even if a caller was refused", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--wait", "2s"]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "#!::r=cam1,m=request" }));
  assert.strictEqual((await splitter.ended()).code, 6);
});

Deno.test("--idle-exit ends the run some time after the last session", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--idle-exit", "300ms"]);
  await call(splitter, "cam1");
  const { code } = await splitter.ended();
  const stopping = splitter.eventsNamed("stopping")[0];
  const end = splitter.eventsNamed("session-end")[0];
  assert.deepStrictEqual([code, stopping?.cause], [0, "--idle-exit"]);
  assert.ok(Date.parse(stopping?.time ?? "") - Date.parse(end?.time ?? "") >= 290);
});

Deno.test("--idle-exit waits for the first caller", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--idle-exit", "100ms", "--for", "1500ms"]);
  await splitter.ended();
  assert.strictEqual(splitter.eventsNamed("stopping")[0]?.cause, "--for");
});

for (
  const [option, value] of [["--sessions", "0"], ["--for", "30"], ["--wait", "soon"], ["--idle-exit", "0s"]] as const
) {
  Deno.test(`${option} ${value} is refused before anything starts`, async () => {
    const { code, stdout, stderr } = await Splitter.run(["listen", LOCAL, option, value]);
    assert.deepStrictEqual([code, stdout], [2, ""]);
    assert.match(stderr, new RegExp(`^error: cannot use ${option} "${value}"`));
  });
}

Deno.test("--wait with --expect-streams fails unless a session of each name began in time", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--wait", "5s", "--expect-streams", "cam1,cam2"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  assert.strictEqual((await splitter.ended()).code, 6);
  assert.match((await splitter.event("stopping")).text, /^no session of cam2 began within 5\.0 s \(--wait\)$/);
});
