/** `--min-free` and `--on-full` on a small disk, with real callers: who is refused, what is deleted, and how sessions end. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { placeRecording } from "../support/recordings.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";
const MBIT = 1_000_000;
const HOUR_MS = 3_600_000;
const MB = 1_000_000;

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

Deno.test({
  ...needing(
    [MOUNTS],
    "below --min-free callers are refused, and running sessions continue until the disk is almost full",
  ),
  fn: async () => {
    using disk = new SmallDisk("64m");
    placeRecording(`${disk.path}/old.ts`, { bytes: 20 * MB });
    disk.setFree(44 * MB);
    await using splitter = await Splitter.listen([LOCAL, "--out", disk.path, "--min-free", "40MB"]);
    await splitter.errorLine(
      /^warning: 44\.0 MB are free in .*; with less than 40\.0 MB \(--min-free\), no session begins/,
    );
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const payload = makePayload(20_000);
    const sending = caller.send(payload, { bitsPerSecond: 4 * MBIT }).catch(() => {}); // its session ends while it sends
    const { file } = await splitter.recording();
    disk.setFree(35 * MB);
    await splitter.errorLine(
      /^warning: .* less than 40\.0 MB \(--min-free\): no session begins, and sessions end when/,
    );
    await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam2" }), { rejectReason: 1507 });
    const { text } = await splitter.event("refused");
    assert.match(
      text,
      /^no space for its recording: 3\d\.\d MB are free in .*, less than 40\.0 MB \(--min-free\)$/,
    );
    const { size } = Deno.statSync(file);
    await waitUntil("more payload", () => Deno.statSync(file).size > size);
    assert.strictEqual(splitter.eventsNamed("session-end").length, 0);
    disk.setFree(1 * MB); // less than a twentieth of the disk
    await splitter.errorLine(/^warning: \d.* are free in .*: s1 ends now, before the disk is full$/);
    const end = await splitter.event("session-end");
    assert.deepStrictEqual([end.reason, end.files], ["disk-full", [file]]);
    await caller.waitUntilBroken();
    await sending;
    const recorded = Deno.readFileSync(file);
    assert.ok(recorded.length > size && recorded.length === end.bytes, `${recorded.length} bytes`);
    assertSameBytes(recorded, payload.subarray(0, recorded.length));
    const { state, reason } = JSON.parse(Deno.readTextFileSync(`${file}.json`));
    assert.deepStrictEqual([state, reason, end.statistics?.pktUndeliveredTotal ?? 0], ["final", "disk-full", 0]);
    assert.ok(Deno.statSync(`${disk.path}/old.ts`).isFile);
    assert.strictEqual(await splitter.stop(), 1);
  },
});

Deno.test({
  ...needing(
    [MOUNTS],
    "a recording that ended because the disk was almost full is continued once there is space (--rejoin)",
  ),
  fn: async () => {
    using disk = new SmallDisk("64m");
    const options = ["--out", disk.path, "--min-free", "20MB", "--rejoin", "50s", "--stats", "500ms"];
    await using splitter = await Splitter.listen([LOCAL, ...options]);
    const call = { port: splitter.port, latencyMs: SAFE_LATENCY_MS, streamId: "cam1" };
    const [one, two] = [makePayload(100, 1), makePayload(100, 2)];
    await using first = await SrtCaller.connect(call);
    await first.send(one, { bitsPerSecond: 8 * MBIT });
    await first.waitUntilDelivered();
    disk.setFree(1 * MB);
    const failed = await splitter.event("session-end", ({ session }) => session === "s1");
    assert.deepStrictEqual([failed.reason, failed.bytes], ["disk-full", one.length]);
    disk.setFree(40 * MB);
    await splitter.event("disk", ({ time, freeBytes }) => time > failed.time && freeBytes > 20 * MB);
    await using second = await SrtCaller.connect(call);
    await second.send(two, { bitsPerSecond: 8 * MBIT });
    await second.waitUntilDelivered();
    second.close();
    const end = await splitter.event("session-end", ({ session }) => session === "s2");
    assert.deepStrictEqual(end.files, failed.files);
    assertSameBytes(Deno.readFileSync(end.file ?? ""), new Uint8Array([...one, ...two]));
  },
});

Deno.test({
  ...needing([MOUNTS], "with --on-full oldest, the oldest recordings are deleted, and sessions continue"),
  fn: async () => {
    using disk = new SmallDisk("64m");
    for (const [name, age] of [["a.ts", 4], ["b.ts", 3], ["c.ts", 2], ["d.ts", 1]] as const) {
      placeRecording(`${disk.path}/${name}`, { bytes: 4_000_000, ageMs: age * HOUR_MS });
    }
    disk.setFree(25 * MB);
    const options = ["--out", disk.path, "--min-free", "20MB", "--on-full", "oldest"];
    await using splitter = await Splitter.listen([LOCAL, ...options]);
    const call = { port: splitter.port, latencyMs: SAFE_LATENCY_MS };
    await using caller = await SrtCaller.connect({ ...call, streamId: "cam1" });
    const payload = makePayload(300);
    await caller.send(payload, { bitsPerSecond: 8 * MBIT });
    assert.deepStrictEqual(splitter.eventsNamed("deleted"), []);
    disk.setFree(15 * MB);
    await splitter.event("deleted", ({ file }) => nameOf(file) === "b.ts");
    await using other = await SrtCaller.connect({ ...call, streamId: "cam2" });
    await other.send(payload, { bitsPerSecond: 8 * MBIT });
    for (const [stream, one] of [["cam1", caller], ["cam2", other]] as const) {
      await one.waitUntilDelivered();
      one.close();
      const { reason, file } = await splitter.event("session-end", (end) => end.stream === stream);
      assert.strictEqual(reason, "caller-closed");
      assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    }
    assert.strictEqual(await splitter.stop(), 0);
    const deleted = splitter.eventsNamed("deleted").map(({ file, reason, text }) =>
      `${nameOf(file)} ${reason} ${text}`
    );
    const why = "min-free less than 20.0 MB were free (--min-free)";
    assert.deepStrictEqual(deleted, [`a.ts ${why}`, `b.ts ${why}`]);
    assert.deepStrictEqual(splitter.errors, []);
  },
});

Deno.test({
  ...needing(
    [MOUNTS],
    "with --on-full oldest, callers are refused if nothing may be deleted, until a reload lowers --min-free",
  ),
  fn: async () => {
    using disk = new SmallDisk("64m");
    Deno.writeFileSync(`${disk.path}/foreign.ts`, new Uint8Array(4_000_000));
    Deno.writeTextFileSync(`${disk.path}/foreign.ts.json`, '{"state":"final"');
    placeRecording(`${disk.path}/young.ts`, { bytes: 4_000_000, ageMs: 0 });
    using config = new ConfigFolder('min-free = "80MB"\non-full = "oldest"\n');
    await using splitter = await Splitter.listen([LOCAL, "--out", disk.path, "--config", config.file]);
    await splitter.errorLine(
      /^warning: .*, less than 80\.0 MB \(--min-free\) and no recording may be deleted: no session/,
    );
    await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1507 });
    config.write('min-free = "20MB"\non-full = "oldest"\n');
    splitter.signal("SIGHUP");
    assert.match((await splitter.event("reloaded")).text, /^\S+ was read again and applies [^;]*$/);
    await splitter.errorLine(/^warning: .* MB are free in .* again: sessions can begin$/);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await splitter.event("session-start");
    caller.close();
    assert.strictEqual(await splitter.stop(), 0); // afterwards no process uses the disk
    assert.deepStrictEqual(splitter.eventsNamed("deleted"), []);
  },
});
