/** Names and folders of recordings: `--name`, with real callers. */

import assert from "node:assert/strict";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { RawSession } from "../support/raw_session.ts";
import { readAll } from "../support/read_all.ts";
import { killedRecording } from "../support/sidecars.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
const PACE = { bitsPerSecond: 8_000_000 };
/** First byte of a TS packet. */
const TS_SYNC = 0x47;

/** Starts a listener that records into a folder, under names from a template. */
function listenIn(folder: TemporaryFolder, template: string, more: readonly string[] = []): Promise<Splitter> {
  return Splitter.listen([LOCAL, "--out", folder.path, "--utc", "--name", template, ...more]);
}

/** Bytes of the recordings in the subfolders of a folder. */
function recordedBytes(path: string): number {
  const folders = Array.from(Deno.readDirSync(path), ({ name }) => `${path}/${name}`);
  const files = folders.flatMap((folder) => Array.from(Deno.readDirSync(folder), ({ name }) => `${folder}/${name}`));
  return files.filter((file) => file.endsWith(".ts")).reduce((sum, file) => sum + Deno.statSync(file).size, 0);
}

/** Records one caller, checks the bytes, and returns the path below the folder. */
async function record(splitter: Splitter, folder: TemporaryFolder, streamId?: string): Promise<string> {
  const ended = splitter.eventsNamed("session-end").length;
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    ...(streamId === undefined ? {} : { streamId }),
  });
  const payload = makePayload(20);
  await caller.send(payload, PACE);
  await caller.waitUntilDelivered();
  caller.close();
  const { file, reason } = await splitter.event(
    "session-end",
    (end) => splitter.eventsNamed("session-end").indexOf(end) === ended,
  );
  assert.strictEqual(reason, "caller-closed");
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  assert.strictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)).state, "final");
  return file?.slice(folder.path.length + 1) ?? "";
}

Deno.test("--name sorts recordings into folders by stream, day, user and keys of the stream ID", async () => {
  using folder = new TemporaryFolder();
  const template = "{stream}/{date}/{user}_{id.h}_{address}_{time}_{offset}_{session}_{segment}.ts";
  await using splitter = await listenIn(folder, template);
  assert.match(
    await record(splitter, folder, "#!::r=studio/cam1,u=anna,h=Studio 1?token=hunter2,s=secret"),
    /^studio_cam1\/\d{4}-\d\d-\d\d\/anna_Studio_1_127\.0\.0\.1_\d\d-\d\d-\d\d_UTC\+0000_s1_0001\.ts$/,
  );
  assert.match(
    await record(splitter, folder),
    /^127\.0\.0\.1_\d+\/\d{4}-\d\d-\d\d\/no-user_no-h_127\.0\.0\.1_.*_s2_0001\.ts$/,
  );
});

for (
  const [streamId, expected] of [
    ["../../x", "x/x.ts"],
    ["/etc/cron.d/x", "etc_cron.d_x/etc_cron.d_x.ts"],
    ["a%00b", "a_b/a_b.ts"],
    ["-rf", "rf/rf.ts"],
    ["..", "stream/stream.ts"],
    ["📹", "📹/📹.ts"],
    ["x".repeat(500), `${"x".repeat(180)}/${"x".repeat(180)}.ts`],
    ["cam1?token=hunter2", "cam1/cam1.ts"],
    ["{date}", "date/date.ts"],
  ] as const
) {
  Deno.test(`a stream ID cannot leave the folder of recordings: ${JSON.stringify(streamId.slice(0, 20))}`, async () => {
    using parent = new TemporaryFolder();
    const out = parent.file("rec");
    await using splitter = await Splitter.listen([LOCAL, "--out", out, "--name", "{stream}/{stream}"]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId });
    await caller.send(makePayload(5), PACE);
    await caller.waitUntilDelivered();
    caller.close();
    const { file } = await splitter.event("session-end");
    assert.strictEqual(file, `${out}/${expected}`);
    assert.deepStrictEqual(parent.names(), ["rec"]);
    assert.deepStrictEqual(Array.from(Deno.readDirSync(out), ({ name }) => name), [expected.split("/")[0]]);
  });
}

Deno.test("equal names get numbers, even for sessions at the same time", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await listenIn(folder, "day/all.ts");
  const callers = await Promise.all(
    ["cam1", "cam2", "cam3"].map((streamId) => SrtCaller.connect({ port: splitter.port, streamId })),
  );
  const payloads = callers.map((_, index) => makePayload(20 + index));
  await Promise.all(callers.map((caller, index) => caller.send(payloads[index] ?? assert.fail(), PACE)));
  for (const caller of callers) {
    await caller.waitUntilDelivered();
    caller.close();
  }
  const files = new Set<string>();
  for (const [index, stream] of ["cam1", "cam2", "cam3"].entries()) {
    const { file } = await splitter.event("session-end", (end) => end.stream === stream);
    assertSameBytes(Deno.readFileSync(file ?? ""), payloads[index] ?? assert.fail());
    files.add(file?.slice(folder.path.length + 1) ?? "");
  }
  assert.deepStrictEqual([...files].sort(), ["day/all-2.ts", "day/all-3.ts", "day/all.ts"]);
});

Deno.test("segments are numbered, and each sidecar names the previous and the next segment, which are in other folders", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await listenIn(folder, "{stream}/{segment}/part", ["--segment-size", "1MB"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  await splitter.recording(); // its folder exists
  const payload = makePayload(2000).map((byte) => byte === TS_SYNC ? 0 : byte); // 2.6 MB that are not TS
  for (let sent = 0; sent < payload.length;) { // in parts: if a busy machine wrote everything at once, there would be fewer files
    const part = payload.subarray(sent, sent + 900 * LIVE_MESSAGE_BYTES);
    await caller.send(part, { bitsPerSecond: 20_000_000 });
    sent += part.length;
    await waitUntil("what was sent in the files", () => recordedBytes(folder.file("cam1")) === sent);
  }
  caller.close();
  const { files } = await splitter.event("session-end");
  assert.deepStrictEqual(
    files.map((file) => file.slice(folder.path.length + 1)),
    ["cam1/0001/part.ts", "cam1/0002/part.ts", "cam1/0003/part.ts"],
  );
  assertSameBytes(readAll(files), payload);
  const sidecars = files.map((file): FinalSidecar => JSON.parse(Deno.readTextFileSync(`${file}.json`)));
  assert.deepStrictEqual(sidecars.map(({ file, previous, next }) => [file, previous, next]), [
    ["part.ts", null, "../0002/part.ts"],
    ["part.ts", "../0001/part.ts", "../0003/part.ts"],
    ["part.ts", "../0002/part.ts", null],
  ]);
});

Deno.test("a caller without payload leaves no folder, and a folder that was there before it stays", async () => {
  using folder = new TemporaryFolder();
  Deno.mkdirSync(folder.file("kept"));
  await using splitter = await listenIn(folder, "{stream}/{date}/{time}");
  using session = await RawSession.call(splitter.port);
  await splitter.recording();
  await session.shutDown();
  assert.deepStrictEqual((await splitter.event("session-end")).files, []);
  // the process reports the end of its session before it removes them
  await waitUntil("the folders to be removed", () => folder.names().join() === "kept");
});

Deno.test("recover finds a killed session's recording in its folder", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder, ["--name", "{stream}/{date}/{time}"]);
  assert.match(file.slice(folder.path.length), /^\/cam1\/\d{4}-\d\d-\d\d\/\d\d-\d\d-\d\d\.ts$/);
  const { code, stdout } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /^1 recovered, 0 still being recorded, 0 failed$/m);
  assert.strictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)).reason, "interrupted");
});

Deno.test("text lines show the folders of a recording, without the folder of --out", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--name", "{stream}/a"], { text: true });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(5), PACE);
  await caller.waitUntilDelivered();
  caller.close();
  await splitter.line(/(?<!\/)\bcam1\/a\.ts\b/);
});

Deno.test("a stream key reaches no file name, whatever fields the template has", async () => {
  using folder = new TemporaryFolder();
  const config = folder.file("a.toml");
  Deno.writeTextFileSync(
    config,
    'address = "127.0.0.1:0"\nout = "rec"\nname = "{stream}/{user}/{id.r}_{id.h}"\n[[stream]]\nname = "hunter2"\nas = "cam1"\n',
  );
  await using splitter = await Splitter.listen(["--config", config]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "#!::r=hunter2,u=hunter2,h=hunter2" });
  await caller.send(makePayload(5), PACE);
  await caller.waitUntilDelivered();
  caller.close();
  const { file } = await splitter.event("session-end");
  assert.strictEqual(file, folder.file("rec/cam1/no-user/no-r_no-h.ts"));
});

for (const [what, place] of [["file", "a file"], ["link", "a symbolic link"]] as const) {
  Deno.test(`a session ends if a ${what} has the name of its folder, and its end prints what to do`, async () => {
    using folder = new TemporaryFolder();
    using elsewhere = new TemporaryFolder();
    if (what === "file") Deno.writeTextFileSync(folder.file("cam1"), "");
    else Deno.symlinkSync(elsewhere.path, folder.file("cam1"));
    await using splitter = await listenIn(folder, "{stream}/{time}");
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await caller.send(makePayload(5), PACE).catch(() => {}); // the session may end meanwhile
    const { reason, text, advice, files } = await splitter.event("session-end");
    assert.strictEqual(reason, "write-failed");
    assert.strictEqual(text, `cannot create the folder ${folder.path}/cam1: ${place} has its name`);
    assert.match(advice, /another --name/);
    assert.deepStrictEqual([files, elsewhere.names()], [[], []]);
  });
}

Deno.test("an unknown field is an error at the start, which suggests the nearest field", async () => {
  const { code, stderr } = await Splitter.run(["listen", LOCAL, "--out", "rec", "--name", "{steram}.ts"]);
  assert.strictEqual(code, 2);
  assert.match(
    stderr,
    /^error: cannot use --name "\{steram\}\.ts": there is no field \{steram\}\nhint: write \{stream\}; /,
  );
});
