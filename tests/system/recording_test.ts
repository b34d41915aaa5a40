/** Recording: every caller's bytes in a file of its own, written by a process of its own. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { runFfmpeg, sendTestPicture } from "../support/ffmpeg.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { connectInCrowd, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

Deno.test("srt-live-transmit and ffmpeg are recorded at the same time, exactly, by two processes", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using transmit = LiveTransmit.call({ port: splitter.port, query: "streamid=cam1&snddropdelay=-1" });
  const payload = makePayload(1500);
  await Promise.all([
    transmit.send(payload, 4 * MBIT),
    sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam2`, { file: sent.file("cam2.ts"), seconds: 3 }),
  ]);
  const [first, second] = [
    await splitter.recording(({ stream }) => stream === "cam1"),
    await splitter.recording(({ stream }) => stream === "cam2"),
  ];
  assert.notStrictEqual(first.pid, second.pid);
  assert.notStrictEqual(first.pid, splitter.pid);
  await splitter.event("session-end", ({ stream }) => stream === "cam2");
  await waitForBytes(first.file, payload.length);
  await transmit.hangUp();
  await splitter.event("session-end", ({ stream }) => stream === "cam1");
  assertSameBytes(Deno.readFileSync(first.file), payload);
  assertSameBytes(Deno.readFileSync(second.file), Deno.readFileSync(sent.file("cam2.ts")));
});

Deno.test("a burst at 100 Mbit/s is recorded byte for byte", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  // what a busy machine loses in a full buffer is retransmitted in this time
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "fast", latencyMs: 500 });
  const payload = makePayload(9500);
  await caller.send(payload, { bitsPerSecond: 100 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  assert.strictEqual(end.bytes, payload.length);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});

Deno.test("what arrives less than one latency before the caller closes is in the file", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--latency", "2s"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(300);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
  assert.strictEqual(end.reason, "caller-closed");
});

Deno.test("while the caller is still connected, the file contains what has arrived", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(100);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  const { file } = await splitter.recording();
  await waitForBytes(file, payload.length);
  assertSameBytes(Deno.readFileSync(file), payload);
});

Deno.test("twelve callers at the same moment get twelve processes and twelve exact files", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const payloads = Array.from({ length: 12 }, (_, index) => makePayload(200, index + 1));
  await Promise.all(payloads.map(async (payload, index) => {
    await using caller = await connectInCrowd({ port: splitter.port, streamId: `cam${index}` });
    await caller.send(payload, { bitsPerSecond: 2 * MBIT });
    await caller.waitUntilDelivered();
    caller.close();
  }));
  for (const [index, payload] of payloads.entries()) {
    const { file } = await splitter.event("session-end", ({ stream }) => stream === `cam${index}`);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  }
  assert.strictEqual(new Set(splitter.eventsNamed("session-start").map(({ pid }) => pid)).size, 12);
});

Deno.test("three callers of one name at the same time get three files", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--utc"]);
  const callers = await Promise.all([1, 2, 3].map(() => SrtCaller.connect({ port: splitter.port, streamId: "cam" })));
  for (const caller of callers) {
    await caller.send(makePayload(1));
    await caller.waitUntilDelivered();
    caller.close();
  }
  await splitter.event("session-end", () => splitter.eventsNamed("session-end").length === 3);
  assert.strictEqual(folder.names().filter((name) => name.endsWith(".ts")).length, 3);
});

Deno.test("a recording is named after the stream and the time", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--utc"]);
  const called = stampOf(Date.now());
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "#!::r=live/../cam 1,m=publish" });
  const { file, time, stream } = await splitter.recording();
  assert.strictEqual(stream, "live/../cam 1");
  const [, stamp = ""] = new RegExp(`^${folder.path}/live_cam_1_(.*)\\.ts$`).exec(file) ?? [];
  const reported = stampOf(Date.parse(time));
  assert.ok(called <= stamp && stamp <= reported, `${called} ${file} ${reported}`);
  caller.close();
});

Deno.test("a recording without a stream ID is named after the caller's address", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { file, caller: endpoint, stream } = await splitter.recording();
  assert.strictEqual(stream, null);
  assert.ok(file?.startsWith(`${folder.path}/127.0.0.1_${endpoint.port}_`), `${file}`);
  caller.close();
});

Deno.test("a caller that sends nothing leaves no file", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  caller.close();
  const end = await splitter.event("session-end");
  assert.strictEqual(end.file, null);
  assert.deepStrictEqual(folder.names(), []);
});

Deno.test("without --out nothing is written and the bytes are counted", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(50);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  assert.deepStrictEqual([end.bytes, end.file], [payload.length, null]);
});

Deno.test("an encrypted caller with the right passphrase is recorded", async () => {
  using folder = new TemporaryFolder();
  const env = { SRT_SPLITTER_PASSPHRASE: "correct horse battery" };
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { env });
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    passphrase: env.SRT_SPLITTER_PASSPHRASE,
    keyLength: 32,
  });
  const payload = makePayload(50);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const start = await splitter.event("session-start");
  assert.deepStrictEqual([start.encrypted, start.keyLength], [true, 32]);
  const { file } = await splitter.event("session-end");
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
});

Deno.test("ffmpeg reads the recording of an ffmpeg caller", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=tv`, { file: sent.file("tv.ts"), seconds: 1 });
  const { file } = await splitter.event("session-end");
  assert.strictEqual(await runFfmpeg(["-i", file ?? "", "-f", "null", "-"]), "");
});

/** A time in UTC as file names have it. */
function stampOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
}

async function waitForBytes(file: string, bytes: number): Promise<void> {
  await waitUntil(`${bytes} bytes in ${file}`, () => Deno.statSync(file).size === bytes);
}
