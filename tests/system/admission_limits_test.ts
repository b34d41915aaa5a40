/** Limits, idle callers, returning callers and the totals of refusals, with real callers. */

import assert from "node:assert/strict";
import { freePort } from "../../mod/os/free_port.ts";
import { setTimeout as pause } from "node:timers/promises";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { bytes, CONCLUSION_SID, INDUCTION } from "../fixtures/handshakes.ts";
import { beforeSilence } from "../support/before_silence.ts";
import { ForgedDatagrams, LOCALHOST } from "../support/forged_datagrams.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { needing, RAW_SOCKETS } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";

Deno.test("one caller more than --max-per-address is refused with OVERLOAD", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--max-per-address", "1"]);
  await using first = await SrtCaller.connect({ port: splitter.port });
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1402 });
  assert.strictEqual((await splitter.event("refused")).rule, "--max-per-address 1");
  first.close();
});

Deno.test("--max-per-stream counts each stream name separately", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--max-per-stream", "1"]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1402 });
  await using other = await SrtCaller.connect({ port: splitter.port, streamId: "cam2" });
  first.close();
  other.close();
});

Deno.test("callers that call at the same moment do not exceed a limit together", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--max-sessions", "3"], {
    env: { SRT_SPLITTER_PASSPHRASE: "correct horse battery" },
  });
  const calls = Array.from({ length: 8 }, () => {
    return SrtCaller.connect({ port: splitter.port, passphrase: "correct horse battery" });
  });
  const settled = await Promise.allSettled(calls);
  for (const result of settled) if (result.status === "fulfilled") result.value.close();
  assert.strictEqual(settled.filter(({ status }) => status === "fulfilled").length, 3);
});

Deno.test("a caller that sends nothing is disconnected after --idle", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--idle", "1s"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.waitUntilBroken();
  const { reason, durationMs } = await splitter.event("session-end");
  assert.strictEqual(reason, "idle");
  assert.ok(durationMs >= 1000, `${durationMs} ms`);
});

Deno.test("a caller that sends is not disconnected by --idle", async () => {
  // a busy machine may stop the sender for longer than the idle time, and then the disconnection is correct
  for (let idleMs = 1000; idleMs <= 8000; idleMs *= 2) {
    await using splitter = await Splitter.listen([LOCAL, "--idle", `${idleMs}ms`]);
    const calledMs = performance.now();
    await using caller = await SrtCaller.connect({ port: splitter.port });
    const connectedMs = performance.now() - calledMs; // the session began at an unknown time within this
    const payload = makePayload(idleMs * 0.03); // at 20 messages a second: one and a half times the idle time
    await caller.send(payload, { bitsPerSecond: 20 * 8 * LIVE_MESSAGE_BYTES }).catch(() => {});
    caller.close();
    const end = await splitter.event("session-end");
    if (Math.max(connectedMs, caller.longestPauseMs) >= idleMs / 2) continue;
    return assert.strictEqual(end.reason, "caller-closed", JSON.stringify(end));
  }
  throw new Error("cannot send without pauses: the machine is too busy");
});

Deno.test("with --on-return refuse, a caller whose stream name is in use is refused with CONFLICT", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--on-return", "refuse"]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1409 });
  first.close();
});

Deno.test("with --on-return take-over, the old session ends cleanly with all its payload", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--on-return", "take-over", "--out", folder.path]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const payload = makePayload(20);
  await first.send(payload);
  await first.waitUntilDelivered();
  await using second = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await second.send(makePayload(1));
  const { session, reason, file } = await splitter.event("session-end");
  assert.deepStrictEqual([session, reason], ["s1", "replaced"]);
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  await first.waitUntilBroken();
  second.close();
});

Deno.test("with --on-return take-over, a forged handshake ends no session", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--on-return", "take-over"]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "abcde" });
  const payload = makePayload(100);
  const sending = first.send(payload, { bitsPerSecond: 200_000 }); // five seconds
  using forger = new RawCaller(splitter.port);
  await forger.conclude(CONCLUSION_SID); // it is accepted, and neither reads nor sends
  await splitter.event("session-end", ({ session }) => session === "s2");
  await sending;
  await first.waitUntilDelivered();
  first.close();
  const { reason, bytes } = await splitter.event("session-end", ({ session }) => session === "s1");
  assert.deepStrictEqual([reason, bytes], ["caller-closed", payload.length]);
});

Deno.test("with --on-return take-over, a caller that answers but sends nothing replaces the old session", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--on-return", "take-over"]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await first.send(makePayload(1));
  await using second = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { session, reason } = await splitter.event("session-end");
  assert.deepStrictEqual([session, reason], ["s1", "replaced"]);
  second.close();
});

Deno.test("without --on-return, two sessions with one stream name run at the same time", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await using second = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.event("session-start", ({ session }) => session === "s2");
  assert.deepStrictEqual(splitter.eventsNamed("session-end"), []);
  first.close();
  second.close();
});

Deno.test("a caller that vanished and calls again from the same port replaces its old session, and both recordings are exact", () =>
  beforeSilence(async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
    const call = { port: splitter.port, query: `streamid=cam1&port=${freePort("127.0.0.1")}` };
    const [before, after] = [makePayload(20, 1), makePayload(20, 2)];
    await using first = LiveTransmit.call(call);
    await first.send(before, 8_000_000);
    const { caller, file } = await splitter.recording();
    await waitUntil("the recording", () => Deno.statSync(file).size === before.length);
    await first.vanish();
    await using second = LiveTransmit.call(call);
    const again = await splitter.recording(({ session }) => session === "s2");
    assert.deepStrictEqual(again.caller, caller);
    await second.send(after, 8_000_000);
    await waitUntil("the second recording", () => Deno.statSync(again.file).size === after.length);
    const { reason } = await splitter.event("session-end", ({ session }) => session === "s1");
    assert.strictEqual(reason, "replaced");
    assertSameBytes(Deno.readFileSync(file), before);
    assertSameBytes(Deno.readFileSync(again.file), after);
  }));

Deno.test("a caller that pauses, closes, and calls again from the same port is reported as closed", async () => {
  for (let tries = 1; tries <= 5; tries += 1) {
    await using splitter = await Splitter.listen([LOCAL]);
    const call = { port: splitter.port, localPort: freePort("127.0.0.1"), blocking: false };
    await using first = await SrtCaller.connect(call);
    await first.send(makePayload(20));
    await first.waitUntilDelivered();
    const startMs = performance.now();
    await pause(400);
    first.close();
    const restMs = performance.now() - startMs;
    await pause(250);
    await using second = await SrtCaller.connect({ ...call, connectTimeoutMs: 15_000 });
    const { session, reason } = await splitter.event("session-end");
    second.close();
    // after a second the caller may seem to have vanished
    if (restMs < 900) return assert.deepStrictEqual([session, reason], ["s1", "caller-closed"]);
  }
  throw new Error("cannot pause for less than a second: the machine is too busy");
});

Deno.test({
  ...needing([RAW_SOCKETS], "forged INDUCTIONs with a running caller's address and port do not end its session"),
  fn: async () => {
    for (let count = 0; count < 5; count += 1) {
      await using splitter = await Splitter.listen([LOCAL]);
      await using caller = await SrtCaller.connect({ port: splitter.port });
      const { caller: { port } } = await splitter.event("session-start");
      const induction = bytes(INDUCTION);
      using forged = new ForgedDatagrams({ port: splitter.port, payloadBytes: induction.length });
      forged.set(0, { address: LOCALHOST, port }, induction);
      const timer = setInterval(() => forged.send(), 50);
      const sending = caller.send(makePayload(600), { bitsPerSecond: 2_000_000 }); // three seconds
      const failure = await sending.then(() => caller.waitUntilDelivered()).then(() => null, (error) => error);
      clearInterval(timer);
      caller.close();
      const { reason, bytes: recorded } = await splitter.event("session-end");
      // a caller that pauses for a second may seem to have vanished
      if (failure !== null && caller.longestPauseMs >= 900) continue;
      return assert.deepStrictEqual([failure, reason, recorded], [null, "caller-closed", 600 * 1316]);
    }
    throw new Error("cannot send without a pause of a second: the machine is too busy");
  },
});

Deno.test("totals by reason are printed at the end", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--deny", "dog"]);
  for (const streamId of ["dog", "dog", "#!::m=request"]) {
    await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId }));
  }
  await splitter.stop();
  const { refused, refusals } = await splitter.event("stopped");
  assert.strictEqual(refused, 3);
  assert.deepStrictEqual(refusals, [
    { reason: 1403, name: "SRT_REJX_FORBIDDEN", times: 2 },
    { reason: 1405, name: "SRT_REJX_BAD_MODE", times: 1 },
  ]);
});

Deno.test("totals by reason are printed with --stats", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--deny", "dog", "--stats", "100ms"]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "dog" }), { rejectReason: 1403 });
  const { refused, reasons } = await splitter.event("refusals");
  assert.deepStrictEqual([refused, reasons], [1, [{ reason: 1403, name: "SRT_REJX_FORBIDDEN", times: 1 }]]);
});

Deno.test("a caller that closes and calls again at once from the same port is reported as closed, and both calls are recorded", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path]);
  const call = { port: splitter.port, query: `streamid=cam1&port=${freePort("127.0.0.1")}` };
  const payloads = [makePayload(20, 1), makePayload(20, 2)];
  for (const [index, payload] of payloads.entries()) {
    await using caller = LiveTransmit.call(call);
    await caller.send(payload, 8_000_000);
    const { file } = await splitter.recording(({ session }) => session === `s${index + 1}`);
    await waitUntil("the recording", () => Deno.statSync(file).size === payload.length);
    await caller.hangUp();
  }
  for (const [index, payload] of payloads.entries()) {
    const end = await splitter.event("session-end", ({ session }) => session === `s${index + 1}`);
    assert.strictEqual(end.reason, "caller-closed");
    assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
  }
});
