/** TS health of sessions in lines and events. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { sendTestPicture } from "../support/ffmpeg.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { AUDIO_PID, MadeStream } from "../ts/made_stream.ts";

const PACE = { bitsPerSecond: 8_000_000 };

/** Sends payload with a new caller, and closes the connection when it has arrived. */
async function sendTo(splitter: Splitter, payload: Uint8Array<ArrayBuffer>): Promise<void> {
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(payload, PACE);
  await caller.waitUntilDelivered();
}

/** Two seconds of a service with one audio packet missing between them, and the offset at which the error is found. */
function damagedStream(): readonly [Uint8Array<ArrayBuffer>, number] {
  const stream = new MadeStream().second(0);
  const { offset } = stream;
  const whole = stream.packet(AUDIO_PID).second(1000).bytes();
  const damaged = new Uint8Array(whole.length - 188);
  damaged.set(whole.subarray(0, offset));
  damaged.set(whole.subarray(offset + 188), offset);
  return [damaged, offset + 4 * 188];
}

Deno.test("the end of a session has the TS health of exactly what was recorded", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=tv`, { file: sent.file("tv.ts"), seconds: 2 });
  const { ts } = await splitter.event("session-end");
  const analyzer = new TsAnalyzer();
  analyzer.push(Deno.readFileSync(sent.file("tv.ts")));
  assert.deepStrictEqual(ts, analyzer.report());
  assert.deepStrictEqual([ts?.payload, ts?.errors, ts?.services[0]?.streams[0]?.text], ["ts", 0, "MPEG-2 video"]);
});

Deno.test("a continuity error is counted with its offset and PID", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const [payload, offset] = damagedStream();
  await sendTo(splitter, payload);
  const { ts } = await splitter.event("session-end");
  assert.deepStrictEqual([ts?.errors, ts?.continuityErrors, ts?.first.continuityErrors], [1, 1, {
    offset,
    pid: AUDIO_PID,
  }]);
});

Deno.test("the line of a session's end has the errors of its stream", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  await sendTo(splitter, damagedStream()[0]);
  assert.match(await splitter.line(/s1\)? ended/), /, TS 1 error \(continuity 1\)/);
});

Deno.test("stats events have the TS health so far", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "100ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(damagedStream()[0], PACE);
  const { ts, bytes } = await splitter.event("stats", ({ ts }) => (ts?.errors ?? 0) > 0);
  assert.strictEqual(ts?.bytes, bytes);
});

Deno.test("--no-analyze omits TS health", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--no-analyze"]);
  await sendTo(splitter, damagedStream()[0]);
  assert.strictEqual((await splitter.event("session-end")).ts, null);
});

Deno.test("a payload that is not TS is named once and recorded unchanged", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const payload = new Uint8Array(1316 * 200).fill(0xaa);
  payload.set([0x1a, 0x45, 0xdf, 0xa3]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(payload, { bitsPerSecond: 2_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  const { ts, file } = await splitter.event("session-end");
  assert.deepStrictEqual([ts?.payload, ts?.format], ["other", "Matroska or WebM"]);
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  await splitter.stop(); // afterwards all its output has been read
  const warnings = splitter.errors.filter((line) => line.includes("not a transport stream but Matroska or WebM"));
  assert.strictEqual(warnings.length, 1, splitter.errors.join("\n"));
});

Deno.test("4096 PIDs with an error each do not break the events", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "100ms"]);
  const stream = new MadeStream();
  for (let pid = 0x20; pid < 0x1020; pid += 1) {
    for (let count = 0; count < 2; count += 1) {
      stream.packet(pid, { change: (packet) => packet[3] = 0x10 | count * 5 });
    }
  }
  await sendTo(splitter, stream.bytes());
  const { ts } = await splitter.event("session-end");
  assert.deepStrictEqual([ts?.pidsTotal, ts?.pids.length, ts?.continuityErrors], [0x1000, 128, 0x1000]);
});
