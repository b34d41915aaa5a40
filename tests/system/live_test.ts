/** Live streams of sessions whose payload is not written to files: it comes from the process of the session. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { firstVideoFrame } from "../support/ffmpeg.ts";
import { Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";
import { repeatedStream, watchSession } from "../support/watched_session.ts";
import { until, Web } from "../support/web.ts";

const LOCAL = "127.0.0.1:0";
const LIVE = "/sessions/s1/live.ts";
const BITS_PER_SECOND = 2_000_000;
/** Payload that is sent before a viewer opens the stream: whole TS packets. */
const HALF_BYTES = 700 * 1316;

async function testStream(seconds: number, picture?: { readonly gop: number }): Promise<Uint8Array<ArrayBuffer>> {
  using folder = new TemporaryFolder();
  return await makeTestStream(folder.file("a.ts"), seconds, picture);
}

async function connect({ port }: Splitter): Promise<SrtCaller> {
  return await SrtCaller.connect({ port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
}

async function reader(web: Web): Promise<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>> {
  const { status, body } = await web.fetch(LIVE);
  assert.deepStrictEqual([status, body !== null], [200, true]);
  if (body === null) throw new Error("there is no body");
  return body.getReader();
}

/** Asserts that `bytes` are the end of a stream, and begin with a key frame. */
async function assertLive(bytes: Uint8Array<ArrayBuffer>, stream: Uint8Array<ArrayBuffer>): Promise<void> {
  assert.ok(bytes.length > 0, "nothing was received");
  assertSameBytes(bytes, stream.slice(stream.length - bytes.length));
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("live.ts"), bytes);
  assert.deepStrictEqual(await firstVideoFrame(folder.file("live.ts")), { isKey: true, errors: "" });
}

for (const isToStdout of [false, true]) {
  const how = isToStdout ? "with --out -" : "without a recording";
  Deno.test(`web sends the live stream of a session ${how} to several viewers, exactly, to its end`, async () => {
    const stream = await testStream(8);
    await using splitter = isToStdout
      ? await Splitter.listen([LOCAL, "--out", "-"], { as: ["sh", "-c", 'exec "$@" 2>&1 >/dev/null', "sh"] })
      : await Splitter.listen([LOCAL]);
    await using web = await Web.start(splitter);
    await using caller = await connect(splitter);
    await splitter.event("session-start");
    const viewers = [web.fetch(LIVE), web.fetch(LIVE)].map(async (response) => await (await response).bytes());
    const slow = await reader(web); // it never reads
    await caller.send(stream, { bitsPerSecond: BITS_PER_SECOND });
    await caller.waitUntilDelivered();
    caller.close();
    const { reason, statistics, bytes } = await splitter.event("session-end");
    assert.deepStrictEqual([reason, statistics?.pktRcvDropTotal, bytes], ["caller-closed", 0, stream.length]);
    for (const viewer of viewers) {
      const received = await viewer;
      assert.ok(received.length > stream.length / 2, `${received.length} of ${stream.length} bytes`);
      await assertLive(received, stream);
    }
    await slow.cancel();
  });
}

Deno.test("web begins a live stream without a recording at the last key frame, however long ago it arrived", async () => {
  const stream = await testStream(12, { gop: 1000 }); // the only key frame is the first frame
  await using splitter = await Splitter.listen([LOCAL]);
  await using web = await Web.start(splitter);
  await using caller = await connect(splitter);
  const isHalf = Promise.withResolvers<void>();
  const sending = (async () => {
    await caller.send(stream.subarray(0, HALF_BYTES), { bitsPerSecond: BITS_PER_SECOND });
    isHalf.resolve();
    await caller.send(stream.subarray(HALF_BYTES), { bitsPerSecond: BITS_PER_SECOND });
  })();
  await isHalf.promise;
  const live = web.fetch(LIVE).then((response) => response.bytes());
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  await splitter.event("session-end");
  const received = await live;
  assert.ok(received.length > stream.length - 10_000, `${received.length} of ${stream.length} bytes`); // all but the tables before PAT
  await assertLive(received, stream);
});

Deno.test("web serves a live stream and a picture again after its process was killed", async () => {
  const stream = await testStream(60);
  await using splitter = await Splitter.listen([LOCAL]);
  await using killed = await Web.start(splitter);
  await using caller = await connect(splitter);
  const sending = caller.send(stream, { bitsPerSecond: BITS_PER_SECOND });
  await splitter.event("session-start");
  const first = await reader(killed);
  assert.strictEqual((await first.read()).done, false);
  Deno.kill(killed.pid, "SIGKILL");
  await killed.ended();
  await first.cancel().catch(() => {});
  await using web = await Web.start(splitter);
  const again = await reader(web);
  assert.deepStrictEqual([...(await again.read()).value?.slice(0, 3) ?? []], [0x47, 0x40, 0]);
  const picture = await web.fetch("/sessions/s1/picture.jpg");
  assert.deepStrictEqual([picture.status, picture.headers.get("content-type")], [200, "image/jpeg"]);
  await picture.body?.cancel();
  await again.cancel();
  await caller[Symbol.asyncDispose]();
  await sending.catch(() => {});
});

Deno.test("web serves the live stream of a session that a new listener has adopted", async () => {
  const stream = await testStream(30);
  await using killed = await Splitter.listen([LOCAL]);
  await using caller = await connect(killed);
  const sending = caller.send(stream, { bitsPerSecond: BITS_PER_SECOND });
  await killed.event("session-proven");
  killed.signal("SIGKILL");
  await killed.ended();
  await using splitter = await Splitter.listen([`127.0.0.1:${killed.port}`]);
  await splitter.event("session-adopted");
  await using web = await Web.start(splitter);
  const live = web.fetch(LIVE).then((response) => response.bytes());
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  await splitter.event("session-end");
  await assertLive(await live, stream);
});

Deno.test("web reports a session that has no live stream", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--stats", "200ms"]);
  await using web = await Web.start(splitter);
  await using caller = await connect(splitter);
  await caller.send(new Uint8Array(1316 * 100).map((_, at) => at % 251));
  await splitter.event("stats", ({ ts }) => ts?.payload === "other");
  await until("figures", async () => (await web.json("/api/sessions/s1")).ts?.payload === "other");
  await web.json(LIVE, { status: 409 });
  await web.json("/sessions/s2/live.ts", { status: 404 });
});

for (const isRecorded of [true, false]) {
  const how = isRecorded ? "that is recorded" : "that is not recorded";
  Deno.test(`20 viewers of a session at 10 Mbit/s ${how} add less than half of its processor time, and get its payload`, async () => {
    using folder = new TemporaryFolder();
    const stream = repeatedStream(await testStream(10), 10_000_000);
    const { ratio, viewedBytes } = await watchSession(stream, { out: isRecorded ? folder.path : null, viewers: 20 });
    // the benchmark has the goal of 1.1, on a machine without other work
    assert.ok(ratio < 1.5, `${ratio} times the processor time of a session without viewers`);
    assert.ok(viewedBytes > 20 * 0.8 * stream.length, `${viewedBytes} bytes`);
  });
}
