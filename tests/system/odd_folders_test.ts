/** Folders on file systems with unusual limits, and mounts that fail or hang. */

import assert from "node:assert/strict";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { call } from "../support/call.ts";
import { needing } from "../support/needs.ts";
import { FUSE, OddFolder } from "../support/odd_folder.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

Deno.test({
  ...needing([FUSE], "a camera whose name the folder rejects is recorded under a shorter name in ASCII"),
  fn: async () => {
    await using folder = await OddFolder.mount({ namemax: 143, latin1: 1 });
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
    await splitter.errorLine(/^warning: recordings go to .* \(fuse\): this file system is a program/);
    const payload = await call(splitter, `Bühne 😀 ${"x".repeat(200)}`);
    const { file, reason } = await splitter.event("session-end");
    assert.strictEqual(reason, "caller-closed");
    assert.match(nameOf(file ?? ""), /^Buhne_x+_\d{4}-.*\.ts$/);
    assert.ok(nameOf(`${file}.json.part`).length <= 143);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    assert.strictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)).state, "final");
    assert.deepStrictEqual(splitter.errors.length, 1);
  },
});

Deno.test({
  ...needing(
    [FUSE],
    "folders and file names from --name are shortened and reduced to ASCII, and no empty folder is left",
  ),
  fn: async () => {
    await using folder = await OddFolder.mount({ namemax: 143, latin1: 1 });
    await using splitter = await Splitter.listen([
      "127.0.0.1:0",
      ...["--out", folder.path, "--name", "Bühne 録/{stream}/{stream}_{time}"],
    ]);
    const payload = await call(splitter, `Bühne 😀 ${"x".repeat(200)}`);
    const { file, reason } = await splitter.event("session-end");
    assert.strictEqual(reason, "caller-closed");
    const path = file?.slice(folder.path.length + 1) ?? "";
    assert.match(path, /^Buhne\/Buhne_x+\/Buhne_x+_\d\d-\d\d-\d\d\.ts$/);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    assert.strictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)).state, "final");
    assert.deepStrictEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["Buhne"]);
    assert.strictEqual([...Deno.readDirSync(`${folder.path}/Buhne`)].length, 1);
  },
});

Deno.test({
  ...needing([FUSE], "a recording continues in the next file at the size limit, without losing a packet"),
  fn: async () => {
    await using folder = await OddFolder.mount({ maxsize: 300_000 });
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--checksum", "sha256"]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const payload = makePayload(600); // 789,600 bytes
    await caller.send(payload, { bitsPerSecond: 20 * MBIT });
    await caller.waitUntilDelivered();
    caller.close();
    const { files, reason, bytes, ts } = await splitter.event("session-end");
    assert.deepStrictEqual([reason, bytes, files.length, ts?.packets], ["caller-closed", payload.length, 3, 4200]);
    assertSameBytes(readAll(files), payload);
    const segments = splitter.eventsNamed("segment");
    assert.deepStrictEqual(segments.map(({ file, previous }) => [file, previous]), [
      [files[1], files[0]],
      [files[2], files[1]],
    ]);
    const sidecars = files.map((file): FinalSidecar => JSON.parse(Deno.readTextFileSync(`${file}.json`)));
    const names = files.map(nameOf);
    assert.deepStrictEqual(sidecars.map(({ previous, next, reason }) => [previous, next, reason]), [
      [null, names[1], "continued"],
      [names[0], names[2], "continued"],
      [names[1], null, "caller-closed"],
    ]);
    for (const [index, file] of files.entries()) {
      const content = Deno.readFileSync(file);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
      const { bytes, checksum, ts } = sidecars[index] ?? assert.fail("no sidecar");
      assert.deepStrictEqual([bytes, bytes % 188, ts?.packets], [content.length, 0, content.length / 188]);
      assert.strictEqual(checksum?.value, digest.toHex());
    }
  },
});

Deno.test({
  ...needing(
    [FUSE],
    "a quota that is used up ends one session; then callers are refused until the folder can be written to",
  ),
  fn: async () => {
    await using folder = await OddFolder.mount({ quota: 3_000_000 });
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--no-sidecar"]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await caller.send(makePayload(4000), { bitsPerSecond: 40 * MBIT }).catch(() => {}); // it is closed while it sends
    const { reason, text, advice, file, bytes } = await splitter.event("session-end");
    for (let tries = 0; tries < 5; tries += 1) {
      await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1507 });
    }
    assert.deepStrictEqual([reason, bytes], ["disk-full", 3_000_000]);
    assert.match(text, /^cannot write to .*cam1_.*\.ts: disk quota exceeded$/);
    assert.match(advice, /^raise the disk quota/);
    const noSpace = `no space for its recording: cannot write to ${folder.path}: disk quota exceeded`;
    const refused = await splitter.event("refused", (event) => event.text === noSpace);
    assert.match(refused.advice, /^raise the disk quota .*; a restart is not needed$/);
    assert.strictEqual(splitter.eventsNamed("session-start").length, 1);
    assert.deepStrictEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), [nameOf(file ?? "")]);

    Deno.removeSync(file ?? "");
    await using again = await untilAdmitted(() => SrtCaller.connect({ port: splitter.port, streamId: "cam1" }));
    const payload = makePayload(50);
    await again.send(payload, { bitsPerSecond: 8 * MBIT });
    await again.waitUntilDelivered();
    again.close();
    const end = await splitter.event("session-end", ({ session }) => session === "s2");
    assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
    assert.strictEqual(end.reason, "caller-closed");
  },
});

Deno.test({
  ...needing([FUSE], "a mount that fails ends its recordings with that reason, and new callers are refused"),
  fn: async () => {
    await using folder = await OddFolder.mount({});
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const sending = caller.send(makePayload(2000), { bitsPerSecond: 8 * MBIT }).catch(() => {}); // it is closed meanwhile
    const { file } = await splitter.recording();
    await waitUntil("some payload", () => Deno.statSync(file).size > 0);
    await folder.die();
    const { reason, text } = await splitter.event("session-end");
    assert.strictEqual(reason, "write-failed");
    assert.match(text, /^cannot write .*: the disk or network mount is gone \(transport endpoint is not connected\)$/);
    await sending;
    await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1507 });
    assert.match((await splitter.event("refused")).text, /the folder of recordings is gone/);
  },
});

Deno.test({
  ...needing([FUSE], "a mount that hangs loses no payload of its recordings, and delays no other session"),
  fn: async () => {
    await using folder = await OddFolder.mount({});
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const payload = makePayload(4000);
    const sending = caller.send(payload, { bitsPerSecond: 16 * MBIT });
    {
      using _hanging = folder.hang();
      await splitter.errorLine(/^warning: s1: the disk does not answer: .* \(fuse\)/);
      await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1507 });
      const { text } = await splitter.event("refused");
      assert.strictEqual(text, `the disk of the folder of recordings does not answer: ${folder.path}`);
    }
    await sending;
    await caller.waitUntilDelivered();
    caller.close();
    const { reason, file } = await splitter.event("session-end");
    assert.strictEqual(reason, "caller-closed");
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  },
});

Deno.test("a recording continues in another file at the size limit of the process (ulimit -f)", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { pid } = await splitter.recording();
  // set only now, because the caches that Deno writes when the process starts may be larger than the limit
  await new Deno.Command("prlimit", { args: [`--pid=${pid}`, "--fsize=16777216"] }).output();
  const payload = makePayload(14_000); // 18 MB
  await caller.send(payload, { bitsPerSecond: 50 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const { files, reason } = await splitter.event("session-end");
  assert.deepStrictEqual([reason, files.length], ["caller-closed", 2]);
  assertSameBytes(readAll(files), payload);
});

/** Repeats the call until it is not refused any more, and returns the caller. */
async function untilAdmitted(call: () => Promise<SrtCaller>): Promise<SrtCaller> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (true) {
    try {
      return await call();
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
    }
  }
}
