/** What people read: one line for each thing that happens. */

import assert from "node:assert/strict";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("the start says how a caller reaches it with srt-live-transmit and with ffmpeg", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  const uri = `srt://127\\.0\\.0\\.1:${splitter.port}`;
  assert.match(splitter.lines.join("\n"), new RegExp(`srt-live-transmit .*${uri}(.*\\n)+ *ffmpeg .*${uri}`));
});

Deno.test("a session has a line when it begins and one when it ends", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { text: true });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(100), { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  const begin = await splitter.line(/ \+ s1 begins/);
  assert.match(
    begin,
    /cam1, from 127\.0\.0\.1:\d+, latency 120 ms, not encrypted, SRT \d+\.\d+\.\d+, file .*\/cam1_.*\.ts$/,
  );
  const end = await splitter.line(/ - s1 ended/);
  assert.match(
    end,
    /the caller closed the connection, cam1, .*, 132 kB, .*bit\/s, lost 0 packets, dropped 0 packets, TS ok, file /,
  );
});

Deno.test("a refused caller has a line with the reason and what to do", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  await assert.rejects(SrtCaller.connect({ port: splitter.port, transtype: "file" }));
  await splitter.line(/ x refused 127\.0\.0\.1:\d+: .*"file" mode.*\(SRT reason 1415\).*set transtype=live/);
});

Deno.test("--stats has a line per session and interval", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"], { text: true });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.line(/s1 cam1, .*bit\/s, .*RTT .* ms, buffer .* of 120 ms, lost 0 packets/);
  caller.close();
});

Deno.test("the end has a summary", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  await splitter.stop();
  await splitter.line(/stopped: 0 sessions, 0 B received/);
});

Deno.test("statistics of a session keep libsrt's names and count its packets", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(makePayload(100), { bitsPerSecond: 8_000_000 });
  const { statistics } = await splitter.event("stats", ({ bytes }) => bytes === 100 * 1316);
  assert.deepStrictEqual([statistics.pktRecvTotal, statistics.msRcvTsbPdDelay], [100, 120]);
  caller.close();
});
