/** The sidecar of each recording (a JSON file beside it), also after its process was killed, and `recover`. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FinalSidecar, RunningSidecar } from "../../mod/vocabulary/sidecar.ts";
import { UdpRelay } from "../support/udp_relay.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { strictSchema } from "../support/schema.ts";
import { waitUntil, waitUntilGone } from "../support/processes.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { killedRecording, waitUntilSidecarBegun } from "../support/sidecars.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { MadeStream, PACKET, VIDEO_PID } from "../ts/made_stream.ts";

const MESSAGE_BYTES = 1316;
/** Longer than any stall of a machine that runs these tests. */
const LONG_LATENCY_MS = 4000;
/** Times are in whole ms, and those of the sender follow another clock. */
const ROUNDING_MS = 10;
const PACE = { bitsPerSecond: 8_000_000 };

const validate = strictSchema("mod/vocabulary/sidecar.schema.json");

function sidecarOf(file: string | null): FinalSidecar | RunningSidecar {
  const sidecar: unknown = JSON.parse(Deno.readTextFileSync(`${file}.json`));
  validate(sidecar);
  return sidecar as FinalSidecar | RunningSidecar;
}

/** Records `payload` from one caller and returns the recording's path. */
async function record(splitter: Splitter, payload: Uint8Array<ArrayBuffer>, port = splitter.port): Promise<string> {
  await using caller = await SrtCaller.connect({ port, streamId: "#!::r=cam1,s=secret" });
  await caller.send(payload, PACE);
  await caller.waitUntilDelivered();
  caller.close();
  return (await splitter.event("session-end")).file ?? "";
}

Deno.test("a sidecar has the values of the events", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const file = await record(splitter, makePayload(50));
  const start = await splitter.event("session-start");
  const end = await splitter.event("session-end");
  const { pid: _pid, spare: _spare, pulled: _pulled, event: _event, earlierBytes: _bytes, time, ...begun } = start;
  const { reason, text, durationMs, bytes, statistics, ts } = end;
  const { firstPacket: _first, lastPacket: _last, timeZone: _zone, ...sidecar } = sidecarOf(file);
  assert.deepStrictEqual(sidecar, {
    state: "final",
    schema: 3,
    ...begun,
    file: file.slice(folder.path.length + 1),
    start: time,
    end: end.time,
    ...{ reason, text, durationMs, bytes, statistics, ts },
    previous: null,
    next: null,
    segment: 1,
    first: file.slice(folder.path.length + 1),
    utcOffsetMinutes: 0 - new Date().getTimezoneOffset(),
    losses: { gaps: [], gapsTotal: 0, packets: 0 },
    diskGaps: [],
    clockSteps: [],
    continuations: [],
    checksum: null,
    checksumState: null,
  });
});

Deno.test("a sidecar has the times at which its first and last packet arrived, without the latency, and their PCRs", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
    env: { TZ: "America/St_Johns" },
  });
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: LONG_LATENCY_MS });
  const stream = new MadeStream().second(0).second(1000);
  const beforeMs = Date.now();
  await caller.send(stream.bytes(), { bitsPerSecond: 200_000 });
  await caller.waitUntilDelivered();
  const afterMs = Date.now();
  caller.close();
  const { file } = await splitter.event("session-end");
  const { start, timeZone, utcOffsetMinutes, firstPacket, lastPacket } = sidecarOf(file);
  const [firstMs, lastMs] = [Date.parse(firstPacket?.time ?? ""), Date.parse(lastPacket?.time ?? "")];
  // on a busy machine the process of the session starts late, and both times are later by that delay
  assert.ok(Math.abs(firstMs - beforeMs) < LONG_LATENCY_MS, `${firstMs - beforeMs} ms after it was sent`);
  const spanMs = lastMs - firstMs;
  assert.ok(spanMs > 0 && spanMs <= afterMs - beforeMs + ROUNDING_MS, `${spanMs} of ${afterMs - beforeMs} ms`);
  assert.deepStrictEqual([firstPacket, lastPacket].map((packet) => packet?.pcr), [
    { pid: VIDEO_PID, value: 0, offset: 2 * PACKET },
    { pid: VIDEO_PID, value: 1960 * 27_000, offset: stream.offset - 3 * PACKET },
  ]);
  assert.strictEqual(timeZone, "America/St_Johns");
  assert.ok([-150, -210].includes(utcOffsetMinutes), start);
});

Deno.test("a sidecar masks secrets of the stream ID", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const file = await record(splitter, makePayload(5));
  assert.doesNotMatch(Deno.readTextFileSync(`${file}.json`), /secret/);
});

Deno.test("--no-sidecar writes nothing but the recording", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--no-sidecar"]);
  const file = await record(splitter, makePayload(5));
  assert.deepStrictEqual(folder.names().map((name) => folder.file(name)), [file]);
});

Deno.test("--checksum sha256 adds the checksum of the file to the sidecar", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--checksum", "sha256"]);
  const payload = makePayload(200);
  const file = await record(splitter, payload);
  const value = createHash("sha256").update(payload).digest("hex");
  assert.deepStrictEqual(sidecarOf(file).checksum, { algorithm: "sha256", value });
});

for (
  const [name, args, pattern] of [
    ["an unknown algorithm", ["--out", "rec", "--checksum", "md5"], /cannot use --checksum "md5"/],
    ["--no-sidecar", ["--out", "rec", "--checksum", "sha256", "--no-sidecar"], /it contradicts --checksum/],
    ["no --out", ["--checksum", "sha256"], /nothing is recorded/],
  ] as const
) {
  Deno.test(`--checksum with ${name} is a usage error`, async () => {
    const { code, stderr } = await Splitter.run(["listen", ":0", ...args]);
    assert.strictEqual(code, 2);
    assert.match(stderr, pattern);
  });
}

Deno.test("the loss map has each gap with its offset and number of packets, including one at the start", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const lost = new Set([0, 20, 21, 40]);
  let first = -1;
  await using relay = new UdpRelay(splitter.port, (datagram, toListener) => {
    const word = datagram.getUint32(0);
    if (!toListener || word >= 0x80000000) return false; // control packets are not lost
    if (first === -1) first = word;
    return lost.has(word - first);
  });
  const payload = makePayload(60);
  await using caller = await SrtCaller.connect({ port: relay.port });
  await caller.send(payload, PACE);
  const { file } = await splitter.recording();
  await waitUntil("the recording", () => Deno.statSync(file).size === (60 - lost.size) * MESSAGE_BYTES);
  caller.close();
  await splitter.event("session-end");
  const losses = sidecarOf(file).losses;
  assert.deepStrictEqual(losses?.gaps.map(({ offset, packets }) => [offset / MESSAGE_BYTES, packets]), [
    [0, 1],
    [19, 2],
    [37, 1],
  ]);
  const times = losses.gaps.map(({ time }) => Date.parse(time ?? ""));
  const { firstPacket, lastPacket } = sidecarOf(file);
  assert.deepStrictEqual(times, times.toSorted((one, other) => one - other));
  assert.ok(
    (times[0] ?? 0) >= Date.parse(firstPacket?.time ?? "") && (times[2] ?? 0) <= Date.parse(lastPacket?.time ?? ""),
  );
  assert.deepStrictEqual([losses.gapsTotal, losses.packets], [3, lost.size]);
});

Deno.test('the sidecar of a running recording has the state "recording"', async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  const { file, time } = await splitter.recording();
  await waitUntilSidecarBegun(file);
  const { state, start, end, bytes } = sidecarOf(file);
  assert.deepStrictEqual({ state, start, end, bytes }, { state: "recording", start: time, end: null, bytes: null });
});

Deno.test({
  ...needing([MOUNTS], "the sidecar of a recording that filled its disk is final, with the reason disk-full"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path, "--checksum", "sha256"]);
    await using caller = await SrtCaller.connect({ port: splitter.port });
    await caller.send(makePayload(1500), { bitsPerSecond: 20_000_000 }).catch(() => {}); // it is closed while it sends
    const { file } = await splitter.event("session-end");
    const { state, reason, bytes, checksum } = sidecarOf(file);
    const value = createHash("sha256").update(Deno.readFileSync(file ?? "")).digest("hex");
    assert.deepStrictEqual({ state, reason, bytes, value: checksum?.value }, {
      state: "final",
      reason: "disk-full",
      bytes: Deno.statSync(file ?? "").size,
      value,
    });
  },
});

Deno.test("the sidecar of a recording that outlives its listener becomes final", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { file, pid } = await splitter.recording();
  splitter.signal("SIGKILL");
  await splitter.ended();
  const payload = makePayload(50);
  await caller.send(payload, PACE);
  await caller.waitUntilDelivered();
  caller.close();
  await waitUntilGone(pid);
  const { state, reason, bytes } = sidecarOf(file);
  assert.deepStrictEqual({ state, reason, bytes }, { state: "final", reason: "caller-closed", bytes: payload.length });
});

Deno.test("a caller that sends nothing leaves no sidecar", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.recording();
  assert.notStrictEqual(folder.names().length, 0);
  caller.close();
  await splitter.event("session-end");
  assert.deepStrictEqual(folder.names(), []);
});

Deno.test("the end of a killed session names the command that completes its sidecar", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(makePayload(50), PACE);
  Deno.kill((await splitter.recording()).pid, "SIGKILL");
  assert.match((await splitter.event("session-end")).advice, new RegExp(`: srt-splitter recover ${folder.path}$`));
});

Deno.test("recover completes the sidecar of a killed process: size, TS health, checksum, interrupted", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder, ["--checksum", "sha256"]);
  assert.strictEqual(sidecarOf(file).state, "recording");
  const { code, stdout } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /65\.8 kB, TS ok\n1 recovered, 0 still being recorded, 0 failed\n$/);
  const { state, reason, bytes, ts, checksum, stream, losses } = sidecarOf(file);
  const payload = makePayload(50);
  assert.deepStrictEqual({ state, reason, bytes, packets: ts?.packets, value: checksum?.value, stream, losses }, {
    state: "final",
    reason: "interrupted",
    bytes: payload.length,
    packets: 350,
    value: createHash("sha256").update(payload).digest("hex"),
    stream: "cam1",
    losses: null,
  });
  assert.deepStrictEqual(folder.names().filter((name) => !name.startsWith("cam1")), ["recordings.sha256"]);
});

Deno.test("recover does not touch a running recording", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  const { file } = await splitter.recording();
  await waitUntilSidecarBegun(file);
  const { code, stdout } = await Splitter.run(["recover", folder.path, "--json"]);
  assert.deepStrictEqual([code, JSON.parse(stdout).outcome], [0, "recording"]);
  assert.strictEqual(sidecarOf(file).state, "recording");
});

Deno.test("recover changes nothing a second time", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder);
  await Splitter.run(["recover", folder.path]);
  const before = Deno.readTextFileSync(`${file}.json`);
  const { stdout } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(stdout, "0 recovered, 0 still being recorded, 0 failed\n");
  assert.strictEqual(Deno.readTextFileSync(`${file}.json`), before);
});

Deno.test("recover reports a sidecar whose recording is gone, and fails", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder);
  Deno.removeSync(file);
  const { code, stdout } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(code, 1);
  assert.match(stdout, /FAILED: the recording does not exist/);
});

Deno.test("recover reports a sidecar that was cut off, and fails", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder);
  Deno.truncateSync(`${file}.json`, 100);
  const { code, stdout } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(code, 1);
  assert.match(stdout, /FAILED: .*\.json is incomplete/);
});

Deno.test("recover ignores JSON files that are not sidecars", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("package.json"), '{"state":"recording"}');
  Deno.writeTextFileSync(folder.file("broken.json"), "{");
  const { code, stdout } = await Splitter.run(["recover", folder.path]);
  assert.deepStrictEqual([code, stdout], [0, "0 recovered, 0 still being recorded, 0 failed\n"]);
});
