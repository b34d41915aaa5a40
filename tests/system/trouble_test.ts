/** Trouble of running sessions and of the disk is reported once when it begins. The return of payload is reported too. */

import assert from "node:assert/strict";
import { losesPermanently } from "../support/lossy_link.ts";
import { LossyScene } from "../support/lossy_scene.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { placeRecording } from "../support/recordings.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const MB = 1_000_000;

Deno.test("payload that stops and resumes is reported as an event, and as a line", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using lines = await Splitter.listen(["127.0.0.1:0"], { text: true });
  const listeners = [splitter, lines];
  const callers = await Promise.all(listeners.map(({ port }) => SrtCaller.connect({ port, streamId: "cam1" })));
  await using first = callers[0] as SrtCaller;
  await using second = callers[1] as SrtCaller;
  await Promise.all([first, second].map((caller) => caller.send(makePayload(10))));
  const { idleMs } = await splitter.event("no-data");
  await lines.line(/ ! cam1 \(s1\) NO DATA for \d/);
  await Promise.all([first, second].map((caller) => caller.send(makePayload(10))));
  const { pausedMs, stream } = await splitter.event("data-again");
  await lines.line(/ \+ cam1 \(s1\) data again after \d/);
  assert.ok(idleMs >= 2000 && pausedMs >= idleMs, `${idleMs} ms, ${pausedMs} ms`);
  assert.equal(stream, "cam1");
});

Deno.test("a caller that never sends payload is not reported as one whose payload has stopped", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.event("session-proven"); // after 6 s
  assert.deepEqual(splitter.eventsNamed("no-data"), []);
});

Deno.test("missing packets are reported once, and not again within a minute", async () => {
  await using scene = await LossyScene.open({ data: losesPermanently(10) });
  const { caller, splitter } = scene;
  await caller.send(makePayload(500), { bitsPerSecond: 5_000_000 });
  const { packets, totalPackets } = await splitter.event("missing");
  assert.equal(packets, totalPackets);
  await caller.send(makePayload(500), { bitsPerSecond: 5_000_000 });
  caller.close();
  const { statistics } = await splitter.event("session-end");
  assert.ok((statistics?.pktRcvDropTotal ?? 0) > packets, "more packets went missing later");
  assert.equal(splitter.eventsNamed("missing").length, 1);
});

Deno.test({
  ...needing([MOUNTS], "a disk of which less than 10 % is free is reported once, without --min-free too"),
  fn: async () => {
    using disk = new SmallDisk("64m");
    placeRecording(`${disk.path}/old.ts`, { bytes: 40 * MB });
    disk.setFree(3 * MB);
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", disk.path, "--stats", "100ms"]);
    const { folder, text } = await splitter.event("disk-low");
    assert.equal(folder, disk.path);
    assert.match(text, /^DISK LOW: 3\.0 MB are free in .* \(6 % of the disk\)$/);
    await splitter.event("disk", ({ freeBytes }) => Math.round(freeBytes / MB) === 3);
    assert.equal(splitter.eventsNamed("disk-low").length, 1);
  },
});
