/** A disk that is full or missing, and a recording that is removed: what is kept, what is reported, and who is refused. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { PART_ENDING, ROOM_BYTES } from "../../mod/recording/sidecar_file.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, waitUntil } from "../support/processes.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { waitForSpares } from "../support/spares.ts";
import { Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

Deno.test({
  ...needing([MOUNTS], "a full disk ends the session that fills it with a clear reason, and the others continue"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path]);
    await using small = await SrtCaller.connect({ port: splitter.port, streamId: "small" });
    await using big = await SrtCaller.connect({ port: splitter.port, streamId: "big" });
    const payload = makePayload(1500);
    await big.send(payload, { bitsPerSecond: 20 * MBIT }).catch(() => {}); // it is closed while it sends
    const failed = await splitter.event("session-end", ({ stream }) => stream === "big");
    assert.strictEqual(failed.reason, "disk-full");
    assert.match(failed.text, /cannot write to .*big.*: no space left on device$/);
    Deno.removeSync(failed.file ?? "");
    await small.send(payload.subarray(0, 131_600), { bitsPerSecond: 8 * MBIT });
    await small.waitUntilDelivered();
    small.close();
    const end = await splitter.event("session-end", ({ stream }) => stream === "small");
    assertSameBytes(Deno.readFileSync(end.file ?? ""), payload.subarray(0, 131_600));
  },
});

Deno.test({
  ...needing([MOUNTS], "what fit on a full disk is kept byte for byte"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path, "--no-sidecar"]);
    await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: SAFE_LATENCY_MS });
    const payload = makePayload(1500);
    await caller.send(payload, { bitsPerSecond: 20 * MBIT }).catch(() => {}); // it is closed while it sends
    const { file, bytes } = await splitter.event("session-end");
    assert.strictEqual(bytes, 1_048_576);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload.subarray(0, bytes));
  },
});

Deno.test({
  ...needing([MOUNTS], "a full disk that accepted no byte leaves no file, and no line or table names one"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path], { text: true });
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await splitter.line(/ .*s1\)? begins/);
    // if the disk were full before the sidecar reserves its space, the reservation would be removed, and payload would fit
    await waitUntil("the sidecar and its room", () => hasSidecar(disk.path));
    fill(disk.path);
    await caller.send(makePayload(100), { bitsPerSecond: 8 * MBIT }).catch(() => {}); // it is closed while it sends
    assert.doesNotMatch(await splitter.line(/ .*s1\)? FAILED: .*no space left on device/), /cam1_.*\.ts/);
    assert.strictEqual(await splitter.stop(), 1);
    assert.doesNotMatch(await splitter.line(/^s1 cam1 .* disk-full/), /\.ts/);
    assert.deepStrictEqual([...Deno.readDirSync(disk.path)].map(({ name }) => name), ["full"]);
  },
});

for (
  const [what, removeOrMove, pattern] of [
    [
      "is removed",
      (_folder, file) => Deno.removeSync(file),
      /was removed .*what arrived is lost/,
    ],
    ["is truncated", (_folder, file) => Deno.truncateSync(file), /was truncated .*what arrived is not complete in it/],
    ["is removed with its folder", (folder) => Deno.removeSync(folder, { recursive: true }), /was removed .*is lost/],
    [
      "is moved with its folder",
      (folder) => Deno.renameSync(folder, `${folder}.moved`),
      /was moved .*what arrived is in it/,
    ],
  ] as readonly (readonly [string, (folder: string, file: string) => void, RegExp])[]
) {
  Deno.test(`a recording that ${what} while it is being written is reported at once, and its session fails`, async () => {
    using parent = new TemporaryFolder();
    const folder = parent.file("out");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const payload = makePayload(100);
    const begin = payload.subarray(0, payload.length / 2);
    await caller.send(begin, { bitsPerSecond: 8 * MBIT });
    const { file } = await splitter.recording();
    await waitUntil("the payload", () => Deno.statSync(file).size === begin.length);
    await caller.send(payload.subarray(begin.length), { bitsPerSecond: 8 * MBIT }); // the size is read before this is written
    await waitUntil("all payload", () => Deno.statSync(file).size === payload.length);
    removeOrMove(folder, file);
    await splitter.errorLine(
      /^warning: s1: .*cam1_.*\.ts was .*the next session with this stream name gets a new file/,
    );
    caller.close();
    const end = await splitter.event("session-end");
    assert.deepStrictEqual([end.reason, end.file, end.bytes], ["write-failed", null, payload.length]);
    assert.match(end.text, pattern);
    assert.strictEqual(await splitter.stop(), 1);
    assert.deepStrictEqual(splitter.errors.filter((line) => !line.includes("gets a new file")), []);
    assert.deepStrictEqual(sidecarStates(parent.path), what === "is moved with its folder" ? ["recording"] : []);
  });
}

Deno.test("callers are refused with NOROOM while the folder of recordings is gone, and admitted once it exists again", async () => {
  using parent = new TemporaryFolder();
  const folder = parent.file("out");
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder]);
  Deno.removeSync(folder);
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1507 });
  const { reason, text, advice } = await splitter.event("refused");
  assert.deepStrictEqual([reason, text], [1507, `the folder of recordings is gone: ${folder}`]);
  assert.match(advice, /create it again/);
  Deno.mkdirSync(folder);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  caller.close();
});

Deno.test({
  ...needing(
    [MOUNTS],
    "callers are refused with NOROOM while the disk is unmounted, and are not recorded onto another one",
  ),
  fn: async () => {
    using disk = new SmallDisk("1m");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--verbose", "--out", disk.path]);
    await waitForSpares(splitter, 2); // spares do not keep the disk in use
    disk.unmount();
    await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1507 });
    const { text } = await splitter.event("refused");
    assert.strictEqual(text, `the folder of recordings is on a different disk than at the start: ${disk.path}`);
    assert.deepStrictEqual([...Deno.readDirSync(disk.path)], []);
    disk.mount();
    await using caller = await SrtCaller.connect({ port: splitter.port });
    await splitter.event("session-start");
    caller.close();
    await splitter.event("session-end");
  },
});

for (
  const [what, options, size] of [
    ["room", "1m", 1_040_000],
    ["inodes", "64k,nr_inodes=2", 10],
  ] as const
) {
  Deno.test({
    ...needing(
      [MOUNTS],
      `callers are refused with NOROOM, and no process is started, while a disk has no ${what} left`,
    ),
    fn: async () => {
      using disk = new SmallDisk(options);
      await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path, "--spares", "0"]);
      Deno.writeFileSync(`${disk.path}/full`, new Uint8Array(size));
      await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1507 });
      assert.match((await splitter.event("refused")).text, /no space for its recording/);
      assert.deepStrictEqual(childrenOf(splitter.pid), []);
      Deno.removeSync(`${disk.path}/full`);
      if (what === "inodes") return; // the disk has too few inodes for a recording and its sidecar
      await using caller = await SrtCaller.connect({ port: splitter.port });
      assert.strictEqual((await splitter.event("session-start")).session, "s1");
      caller.close();
      await splitter.event("session-end");
    },
  });
}

/** Whether a session's sidecar is in the folder, with the space for its final form. */
function hasSidecar(folder: string): boolean {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const part = names.find((name) => name.endsWith(`.json${PART_ENDING}`));
  if (part === undefined || !names.some((name) => name.endsWith(".json"))) return false;
  return Deno.statSync(`${folder}/${part}`).size === ROOM_BYTES;
}

/** Uses up the free space. */
function fill(folder: string): void {
  using file = Deno.openSync(`${folder}/full`, { write: true, createNew: true });
  const block = new Uint8Array(4096);
  try {
    while (true) file.writeSync(block);
  } catch {
    // the expected end: no space left
  }
}

/** The states of all sidecars below a folder. */
function sidecarStates(parent: string): readonly string[] {
  const folders = [...Deno.readDirSync(parent)].map(({ name }) => `${parent}/${name}`);
  const files = folders.flatMap((folder) => [...Deno.readDirSync(folder)].map(({ name }) => `${folder}/${name}`));
  return files.filter((file) => file.endsWith(".json")).map((file) => JSON.parse(Deno.readTextFileSync(file)).state);
}
