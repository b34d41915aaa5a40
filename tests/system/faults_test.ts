/** What goes wrong in the field, and what it may cost: one caller at most. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil, waitUntilGone } from "../support/processes.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

Deno.test("a killed listener costs no running recording", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam" });
  const { file, pid } = await splitter.event("session-start");
  const payload = makePayload(1000);
  const sending = caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await waitUntil("some payload", () => Deno.statSync(file ?? "").size > 0);
  splitter.signal("SIGKILL");
  await splitter.ended();
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  await waitUntilGone(pid);
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
});

Deno.test("a new listener takes new callers on the port of a killed one at once", async () => {
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

Deno.test("a killed child's caller is told, long before libsrt would notice", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  const sending = caller.send(makePayload(2000), { bitsPerSecond: 8 * MBIT }).catch(() => {});
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  Deno.kill(pid, "SIGKILL");
  const brokenMs = await caller.waitUntilBroken();
  assert.ok(brokenMs < 2000, `told after ${brokenMs} ms; libsrt's own time-out is 5000 ms`);
  await sending;
});

Deno.test("a killed child costs its own caller only", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using doomed = await SrtCaller.connect({ port: splitter.port, streamId: "doomed" });
  await using spared = await SrtCaller.connect({ port: splitter.port, streamId: "spared" });
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

Deno.test("the end of a killed child names the signal and keeps what had arrived", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(200);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  const { pid, file } = await splitter.event("session-start");
  await waitUntil("all payload", () => Deno.statSync(file ?? "").size === payload.length);
  Deno.kill(pid, "SIGKILL");
  const end = await splitter.event("session-end");
  assert.deepStrictEqual([end.reason, end.signal, end.bytes], ["crashed", "SIGKILL", payload.length]);
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
});

Deno.test("a crashed session makes the run's exit code 1", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  Deno.kill((await splitter.event("session-start")).pid, "SIGABRT");
  await splitter.event("session-end");
  assert.strictEqual(await splitter.stop(), 1);
});

Deno.test("a caller that vanishes is silence, not a clean end", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = LiveTransmit.call({ port: splitter.port });
  await caller.send(makePayload(100), 8 * MBIT);
  const { file } = await splitter.event("session-start");
  await waitUntil("all payload", () => Deno.statSync(file ?? "").size === 100 * 1316);
  await caller.vanish();
  const end = await splitter.event("session-end");
  assert.strictEqual(end.reason, "silence");
});

Deno.test({
  ...needing([MOUNTS], "a full disk ends the session that fills it with a clear reason, and the others go on"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path]);
    await using small = await SrtCaller.connect({ port: splitter.port, streamId: "small" });
    await using big = await SrtCaller.connect({ port: splitter.port, streamId: "big" });
    const payload = makePayload(1500);
    await big.send(payload, { bitsPerSecond: 20 * MBIT }).catch(() => {}); // it is closed while it sends
    const failed = await splitter.event("session-end", ({ stream }) => stream === "big");
    assert.strictEqual(failed.reason, "disk-full");
    assert.match(failed.text, /cannot write to .*big.*No space left/);
    Deno.removeSync(failed.file ?? "");
    await small.send(payload.subarray(0, 131_600), { bitsPerSecond: 8 * MBIT });
    await small.waitUntilDelivered();
    small.close();
    const end = await splitter.event("session-end", ({ stream }) => stream === "small");
    assertSameBytes(Deno.readFileSync(end.file ?? ""), payload.subarray(0, 131_600));
  },
});

Deno.test({
  ...needing([MOUNTS], "what fitted on a full disk is kept byte for byte"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path, "--no-sidecar"]);
    await using caller = await SrtCaller.connect({ port: splitter.port });
    const payload = makePayload(1500);
    await caller.send(payload, { bitsPerSecond: 20 * MBIT }).catch(() => {}); // it is closed while it sends
    const { file, bytes } = await splitter.event("session-end");
    assert.strictEqual(bytes, 1_048_576);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload.subarray(0, bytes));
  },
});

Deno.test({
  ...needing([MOUNTS], "a full disk that took not a byte leaves no file, and no line or table names one"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path], { text: true });
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await splitter.line(/ s1 begins/);
    fill(disk.path);
    await caller.send(makePayload(100), { bitsPerSecond: 8 * MBIT }).catch(() => {}); // it is closed while it sends
    assert.doesNotMatch(await splitter.line(/ s1 FAILED: .*No space left/), /cam1_.*\.ts/);
    assert.strictEqual(await splitter.stop(), 1);
    assert.doesNotMatch(await splitter.line(/^s1 cam1 .* disk-full/), /\.ts/);
    assert.deepStrictEqual([...Deno.readDirSync(disk.path)].map(({ name }) => name), ["full"]);
  },
});

for (
  const [what, takeAway, words] of [
    [
      "is removed",
      (_folder, file) => Deno.removeSync(file),
      /was removed .*what arrived is lost; leave recordings in place/,
    ],
    ["goes with its folder", (folder) => Deno.removeSync(folder, { recursive: true }), /was removed .*is lost/],
    [
      "moves with its folder",
      (folder) => Deno.renameSync(folder, `${folder}.moved`),
      /was moved .*what arrived is in it/,
    ],
  ] as readonly (readonly [string, (folder: string, file: string) => void, RegExp])[]
) {
  Deno.test(`a recording that ${what} while it runs is told of at once, and its session fails`, async () => {
    using parent = new TemporaryFolder();
    const folder = parent.file("out");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const payload = makePayload(100);
    await caller.send(payload, { bitsPerSecond: 8 * MBIT });
    const { file } = await splitter.event("session-start");
    await waitUntil("all payload", () => Deno.statSync(file ?? "").size === payload.length);
    takeAway(folder, file ?? "");
    await splitter.errorLine(/^warning: s1: .*cam1_.*\.ts was .*the next call of this caller gets a new file/);
    caller.close();
    const end = await splitter.event("session-end");
    assert.deepStrictEqual([end.reason, end.file, end.bytes], ["write-failed", null, payload.length]);
    assert.match(end.text, words);
    assert.strictEqual(await splitter.stop(), 1);
    assert.deepStrictEqual(splitter.errors.filter((line) => !line.includes("gets a new file")), []);
    assert.deepStrictEqual(sidecarStates(parent.path), what === "moves with its folder" ? ["recording"] : []);
  });
}

Deno.test("a caller that comes when the folder of recordings is gone is told so, and gets in once it is there again", async () => {
  using parent = new TemporaryFolder();
  const folder = parent.file("out");
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder]);
  Deno.removeSync(folder);
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1500 });
  const { reason, text, advice } = await splitter.event("refused");
  assert.deepStrictEqual([reason, text], [1500, `the folder of recordings is gone: ${folder}`]);
  assert.match(advice, /create the folder again/);
  Deno.mkdirSync(folder);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  caller.close();
});

Deno.test({
  ...needing([MOUNTS], "a caller is refused with NOROOM where no recording can be made"),
  fn: async () => {
    using disk = new SmallDisk("64k,nr_inodes=2");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path]);
    Deno.writeFileSync(`${disk.path}/full`, new Uint8Array(10)); // the last inode
    await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1507 });
    assert.match((await splitter.event("refused")).text, /no space for its recording/);
  },
});

/** Takes all the room that is left. */
function fill(folder: string): void {
  using file = Deno.openSync(`${folder}/full`, { write: true, createNew: true });
  const block = new Uint8Array(4096);
  try {
    while (true) file.writeSync(block);
  } catch {
    // no space left, which was wanted
  }
}

/** What all sidecars below a folder say. */
function sidecarStates(parent: string): readonly string[] {
  const folders = [...Deno.readDirSync(parent)].map(({ name }) => `${parent}/${name}`);
  const files = folders.flatMap((folder) => [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`));
  return files.filter((file) => file.endsWith(".json")).map((file) => JSON.parse(Deno.readTextFileSync(file)).state);
}
