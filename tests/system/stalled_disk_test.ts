/** A disk that does not answer for a while: nothing is lost, the disk is named, and a stop ends in bounded time. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LOOP_DISKS, LoopDisk } from "../support/loop_disk.ts";
import { needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const PACE = { bitsPerSecond: 20_000_000 };
/** Long enough to retransmit what a busy machine loses in a full buffer. */
const LATENCY_MS = 1000;

Deno.test({
  ...needing([LOOP_DISKS], "a disk that stalls for some seconds loses no payload, and is named with its file system"),
  fn: async () => {
    using disk = new LoopDisk("64M");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: LATENCY_MS });
    const payload = makePayload(8000); // 4.2 s
    const sending = caller.send(payload, PACE);
    await splitter.event("session-start");
    using frozen = disk.freeze();
    const warning = await splitter.errorLine(/^warning: s1: the disk does not answer/);
    assert.ok(warning.includes(`${disk.path} (ext4)`), warning);
    frozen.thaw();
    await splitter.errorLine(/^warning: s1: the disk answers again after \d.* s: nothing was lost/);
    await sending;
    await caller.waitUntilDelivered();
    caller.close();
    const { reason, file } = await splitter.event("session-end");
    assert.strictEqual(reason, "caller-closed");
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    assert.strictEqual(splitter.errors.length, 2);
  },
});

Deno.test({
  ...needing([LOOP_DISKS], "when a disk stalls at the start of a session, no caller is refused and no payload is lost"),
  fn: async () => {
    using disk = new LoopDisk("64M");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path]);
    using frozen = disk.freeze();
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: LATENCY_MS });
    const payload = makePayload(3000);
    const sending = caller.send(payload, PACE);
    const { file: first } = await splitter.event("session-start");
    assert.strictEqual(first, null);
    await splitter.errorLine(/^warning: s1: the disk does not answer/);
    frozen.thaw();
    const segment = await splitter.event("segment");
    await sending;
    await caller.waitUntilDelivered();
    caller.close();
    const { reason, files } = await splitter.event("session-end");
    assert.deepStrictEqual([reason, files, segment.previous], ["caller-closed", [segment.file], null]);
    assertSameBytes(Deno.readFileSync(segment.file), payload);
  },
});

Deno.test({
  ...needing(
    [LOOP_DISKS],
    "a stop ends while the disk does not answer, and names the file that is not completely written",
  ),
  fn: async () => {
    using disk = new LoopDisk("64M");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const sending = caller.send(makePayload(20_000), PACE).catch(() => {}); // it is closed while it sends
    const { file } = await splitter.recording();
    await waitUntil("some payload", () => Deno.statSync(file).size > 0);
    using _frozen = disk.freeze();
    splitter.signal("SIGTERM");
    const { reason, text } = await splitter.event("session-end");
    assert.strictEqual(reason, "write-failed");
    assert.ok(text.startsWith(`${file}: `), text);
    assert.match(text, /are not written[^:]*: the disk has not answered for \d/);
    assert.strictEqual((await splitter.event("stopped")).exitCode, 1);
    await splitter.errorLine(/^warning: s1: .*cam1_.*\.ts\.json is incomplete: the disk does not answer$/);
    await splitter.errorLine(/^hint: complete it later: srt-splitter recover /);
    await sending;
  },
});
