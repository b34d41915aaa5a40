/** Failures in real operation, each of which may affect at most one caller. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { LossyLink, SHUTDOWN } from "../support/lossy_link.ts";
import { MovingRelay } from "../support/moving_relay.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil, waitUntilGone } from "../support/processes.ts";
import { RawSession } from "../support/raw_session.ts";
import { Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

Deno.test("a killed listener does not end running recordings", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam", latencyMs: SAFE_LATENCY_MS });
  const { file, pid } = await splitter.recording();
  const payload = makePayload(1000);
  const sending = caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await waitUntil("some payload", () => Deno.statSync(file).size > 0);
  splitter.signal("SIGKILL");
  await splitter.ended();
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  await waitUntilGone(pid);
  assertSameBytes(Deno.readFileSync(file), payload);
});

Deno.test("a new listener admits callers on the port of a killed listener whose caller is still connected", async () => {
  using folder = new TemporaryFolder();
  await using killed = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using running = await SrtCaller.connect({ port: killed.port, streamId: "old" });
  const { pid } = await killed.event("session-start");
  killed.signal("SIGKILL");
  await killed.ended();
  await using next = await Splitter.listen([`127.0.0.1:${killed.port}`, "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: next.port, streamId: "new" });
  assert.strictEqual((await next.event("session-start")).stream, "new");
  caller.close();
  running.close();
  await waitUntilGone(pid);
});

Deno.test("a killed child's caller gets a SHUTDOWN", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  const sending = caller.send(makePayload(2000), { bitsPerSecond: 8 * MBIT }).catch(() => {});
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  Deno.kill(pid, "SIGKILL");
  await caller.waitUntilBroken();
  await sending;
});

Deno.test("a caller that sends again after an outage that ended its session gets a SHUTDOWN", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  let away = false;
  await using link = new LossyLink(splitter.port, { data: () => away, control: () => away });
  using session = await RawSession.call(link.port);
  await session.data();
  await splitter.event("session-proven");
  away = true;
  assert.strictEqual((await splitter.event("session-end")).reason, "silence");
  away = false;
  await session.data();
  await session.receiveShutdown();
});

Deno.test("a caller whose NAT has another port after an outage that ended its session gets a SHUTDOWN", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using relay = new MovingRelay(splitter.port, { movesAfterFirstAnswer: false });
  using session = await RawSession.call(relay.port);
  await session.data();
  assert.strictEqual((await splitter.event("session-end")).reason, "silence");
  relay.move();
  await session.data();
  await session.receiveShutdown();
});

Deno.test("a caller that did not receive the SHUTDOWN at the end of its session gets another one when it sends", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--idle", "1s"]);
  let isOver = false;
  await using link = new LossyLink(splitter.port, { control: (type) => type === SHUTDOWN && !isOver });
  await using caller = await SrtCaller.connect({ port: link.port });
  assert.strictEqual((await splitter.event("session-end")).reason, "idle");
  isOver = true;
  await caller.waitUntilBroken();
});

Deno.test("a caller that ignores the SHUTDOWNs after its session is reported once", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--idle", "1s"]);
  using session = await RawSession.call(splitter.port);
  await session.data();
  const sending = setInterval(() => void session.data(), 20);
  try {
    Deno.kill((await splitter.event("session-start")).pid, "SIGKILL");
    const { caller, stream, reason, text, advice } = await splitter.event("refused");
    assert.deepStrictEqual([caller.port, stream, reason], [session.port, "abcde", null]);
    assert.match(text, /^its session has ended, and it continues to send although it gets SHUTDOWNs/);
    assert.match(advice, /restart its encoder/);
  } finally {
    clearInterval(sending);
  }
  await splitter.stop();
  assert.strictEqual(splitter.eventsNamed("refused").length, 1);
});

Deno.test("a killed child affects its own caller only", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using doomed = await SrtCaller.connect({ port: splitter.port, streamId: "doomed" });
  await using spared = await SrtCaller.connect({ port: splitter.port, streamId: "spared", latencyMs: SAFE_LATENCY_MS });
  const payload = makePayload(1000);
  const sending = spared.send(payload, { bitsPerSecond: 8 * MBIT });
  const { pid } = await splitter.event("session-start", ({ stream }) => stream === "doomed");
  Deno.kill(pid, "SIGKILL");
  await doomed.waitUntilBroken();
  await sending;
  await spared.waitUntilDelivered();
  spared.close();
  const end = await splitter.event("session-end", ({ stream }) => stream === "spared");
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});

Deno.test("the end of a killed child names the signal, and its file contains what was due by then", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(200);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  const { pid, file } = await splitter.recording();
  await waitUntil("all payload", () => Deno.statSync(file).size === payload.length);
  Deno.kill(pid, "SIGKILL");
  const end = await splitter.event("session-end");
  assert.deepStrictEqual([end.reason, end.signal, end.bytes], ["crashed", "SIGKILL", payload.length]);
  assert.match(end.text, /^its process died \(SIGKILL\); .*; up to 0\.6 s before the end may be missing in the file$/);
  assertSameBytes(Deno.readFileSync(file), payload);
});

Deno.test("a crashed session makes the run's exit code 1", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  Deno.kill((await splitter.event("session-start")).pid, "SIGABRT");
  await splitter.event("session-end");
  assert.strictEqual(await splitter.stop(), 1);
});

Deno.test("a session whose caller vanishes ends with the reason silence, not as closed by the caller", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = LiveTransmit.call({ port: splitter.port });
  await caller.send(makePayload(100), 8 * MBIT);
  const { file } = await splitter.recording();
  await waitUntil("all payload", () => Deno.statSync(file).size === 100 * 1316);
  await caller.vanish();
  const end = await splitter.event("session-end");
  assert.strictEqual(end.reason, "silence");
});
