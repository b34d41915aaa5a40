/**
 * Attempts: callers that connect and send nothing. They are counted, but not as sessions. A caller is proven (known to be real)
 * when its first payload arrives, or after it has kept its connection alive for 6 s.
 */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { makePayload } from "../support/payload.ts";
import { RawSession } from "../support/raw_session.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
/** A latency longer than any stall of a machine. */
const LONG_MS = 30_000;

/** Connects with a captured handshake, closes the connection without payload, and returns the end. */
async function attempt(splitter: Splitter) {
  using session = await RawSession.call(splitter.port);
  const { session: id } = await splitter.event("session-start");
  await session.shutDown();
  return await splitter.event("session-end", (end) => end.session === id);
}

Deno.test("an attempt does not end a run with --sessions 1, and the session after it does", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1"]);
  await attempt(splitter);
  await call(splitter, "cam1");
  assert.strictEqual((await splitter.ended()).code, 0);
  const { sessions, attempts } = await splitter.event("stopped");
  assert.deepStrictEqual([sessions, attempts], [1, 1]);
});

Deno.test("an attempt does not count for --expect sessions=1", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--expect", "sessions=1"]);
  await attempt(splitter);
  assert.strictEqual(await splitter.stop("SIGTERM"), 5);
  assert.strictEqual(splitter.eventsNamed("expectation")[0]?.seen, "0 and 1 attempt without payload");
});

Deno.test("--wait fails if callers have connected and sent nothing, and counts them", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--wait", "5s"]);
  await attempt(splitter);
  assert.strictEqual((await splitter.ended()).code, 6);
  assert.match((await splitter.event("stopping")).text, /1 connection had no payload \(--wait\)$/);
});

Deno.test("a caller is proven when its payload arrives, one latency before the payload is delivered", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: LONG_MS });
  const { pid } = await splitter.event("session-start");
  await caller.send(makePayload(5));
  await splitter.event("session-proven");
  Deno.kill(pid, "SIGKILL"); // before the first payload is due
  const { reason, attempt: isAttempt, durationMs } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, isAttempt, durationMs < LONG_MS], ["crashed", false, true]);
});

Deno.test("an attempt leaves no file", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  const { attempt: isAttempt, file, files } = await attempt(splitter);
  assert.deepStrictEqual([isAttempt, file, files, folder.names()], [true, null, [], []]);
});

Deno.test("a session is reported as proven between its start and its end", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1"]);
  await call(splitter, "cam1");
  await splitter.ended();
  const names = splitter.events.map(({ event }) => event).filter((name) => name.startsWith("session-"));
  assert.deepStrictEqual(names, ["session-start", "session-proven", "session-end"]);
});

Deno.test("the last text line counts attempts separately from sessions", async () => {
  await using splitter = await Splitter.listen([LOCAL], { text: true });
  using session = await RawSession.call(splitter.port);
  await splitter.line(/\+ .*s1\)? begins/);
  await session.shutDown();
  await splitter.line(/- .*s1\)? ended/);
  await splitter.stop();
  assert.match(splitter.lines.at(-1) ?? "", /stopped: 0 sessions, 1 attempt without payload/);
});

Deno.test("a caller refused because the run is ending does not fail --expect refused=0", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--expect", "refused=0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: 8000 });
  await caller.send(makePayload(5));
  await splitter.event("session-proven"); // payload has arrived
  splitter.signal("SIGTERM"); // arrived payload is delivered for one latency, while others still call
  await splitter.event("stopping");
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam2" }), isShuttingDown);
  assert.strictEqual((await splitter.ended()).code, 0);
  const { refused, refusedByStop, refusals } = await splitter.event("stopped");
  assert.deepStrictEqual([refused, refusedByStop > 0, refusals], [0, true, []]);
});

function isShuttingDown(error: unknown): boolean {
  return error instanceof CallerRefusedError && error.rejectReason === 1503;
}

Deno.test("a caller that requires a later SRT version than this machine's is an attempt, and its end names the cause", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using _caller = LiveTransmit.call({ port: splitter.port, query: "streamid=cam1&minversion=0x090000" });
  const { reason, text, attempt: isAttempt } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, isAttempt], ["caller-closed", true]);
  assert.match(text, /require a later SRT version/);
});

Deno.test("a session whose only payload arrives together with its SHUTDOWN is not reported as one without payload", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  for (let round = 0; round < 5; round += 1) { // the SHUTDOWN is noticed before the payload in some rounds only
    using session = await RawSession.call(splitter.port);
    const { session: id, pid } = await splitter.event("session-start", (start) => start.caller.port === session.port);
    Deno.kill(pid, "SIGSTOP");
    for (let packet = 0; packet < 50; packet += 1) await session.data();
    await session.shutDown();
    Deno.kill(pid, "SIGCONT");
    const end = await splitter.event("session-end", ({ session }) => session === id);
    assert.deepStrictEqual([end.attempt, end.text], [false, "the caller closed the connection"]);
  }
});
