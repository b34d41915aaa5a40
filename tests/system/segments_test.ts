/** Recordings in several files: `--segment` and related options, with real callers. */

import assert from "node:assert/strict";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { firstVideoFrame, runFfmpeg, sendTestPicture } from "../support/ffmpeg.ts";
import { makePayload } from "../support/payload.ts";
import { readAll } from "../support/read_all.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { inRtp, MadeStream } from "../ts/made_stream.ts";

const LOCAL = "127.0.0.1:0";
const MBIT = 1_000_000;
/** First byte of a TS packet. */
const TS_SYNC = 0x47;

function sidecarOf(file: string): FinalSidecar {
  return JSON.parse(Deno.readTextFileSync(`${file}.json`));
}

function nameOf(file: string | null | undefined): string {
  return file?.slice(file.lastIndexOf("/") + 1) ?? "";
}

Deno.test("with --segment each file plays from its first frame, and together the files are what was sent", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  const options = ["--out", folder.path, "--segment", "1s", "--checksum", "sha256"];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const file = sent.file("sent.ts");
  await sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, { file, seconds: 5 });
  const { files, reason } = await splitter.event("session-end");
  assert.strictEqual(reason, "caller-closed");
  assert.ok(files.length >= 3, `${files.length} files`);
  assertSameBytes(readAll(files), Deno.readFileSync(file));
  for (const part of files) assert.deepStrictEqual(await firstVideoFrame(part), { isKey: true, errors: "" });
  const segments = splitter.eventsNamed("segment");
  assert.deepStrictEqual(
    segments.map((event) => [event.previous, event.file]),
    files.slice(1).map((next, index) => [files[index], next]),
  );
  const sidecars = files.map(sidecarOf);
  assert.deepStrictEqual(sidecars.map(({ previous }) => previous), [null, ...files.slice(0, -1).map(nameOf)]);
  assert.deepStrictEqual(sidecars.map(({ next }) => next), [...files.slice(1).map(nameOf), null]);
  assert.deepStrictEqual(
    sidecars.map(({ segment, first }) => [segment, first]),
    files.map((_, index) => [index + 1, nameOf(files[0])]),
  );
  const times = sidecars.flatMap(({ firstPacket, lastPacket }) => [firstPacket.time, lastPacket.time]);
  assert.deepStrictEqual(times, times.toSorted());
  for (const [index, { bytes, ts, checksum }] of sidecars.entries()) {
    const content = Deno.readFileSync(files[index] ?? "");
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
    assert.deepStrictEqual([bytes, checksum?.value], [content.length, hash]);
    assert.deepStrictEqual([ts?.payload, ts?.errors], ["ts", 0]);
  }
});

Deno.test("with --segment-size a new file begins after that size", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--segment-size", "1MB"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const payload = makePayload(2000).map((byte) => byte === TS_SYNC ? 0 : byte); // 2.6 MB that are not TS
  await caller.send(payload, { bitsPerSecond: 20 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const { files } = await splitter.event("session-end");
  const sizes = files.map((file) => Deno.statSync(file).size);
  assert.ok(files.length >= 2, `${files.length} files`);
  for (const size of sizes.slice(0, -1)) assert.ok(size >= 1e6, `${size} bytes`);
  assertSameBytes(readAll(files), payload);
});

Deno.test("each file of RTP with TS inside begins with an RTP packet, and its sidecar has that format", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--segment-size", "1MB"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", maxMessageBytes: 1328 });
  const stream = new MadeStream();
  for (let ms = 0; ms < 60_000; ms += 1000) stream.second(ms);
  const payload = inRtp(stream.bytes()); // 1.4 MB
  await caller.send(payload, { bitsPerSecond: 20 * MBIT, messageBytes: 1328 });
  await caller.waitUntilDelivered();
  caller.close();
  const { files } = await splitter.event("session-end");
  assertSameBytes(readAll(files), payload);
  assert.deepStrictEqual(
    files.map((file) => [Deno.statSync(file).size % 1328, sidecarOf(file).ts?.format, sidecarOf(file).ts?.errors]),
    [[0, "RTP with TS inside", 0], [0, "RTP with TS inside", 0]],
  );
});

Deno.test("audio without video is split into segments too, and a short recording stays one file", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--segment", "1s"]);
  const uri = (name: string) => `srt://127.0.0.1:${splitter.port}?streamid=${name}&pkt_size=1316&linger=5`;
  const sound = (
    seconds: number,
  ) => ["-re", "-f", "lavfi", "-i", "sine", "-t", String(seconds), "-c:a", "mp2", "-f", "mpegts"];
  await runFfmpeg([...sound(3), uri("long")]);
  await runFfmpeg([...sound(0.3), uri("short")]);
  const ofStream = async (name: string) => (await splitter.event("session-end", ({ stream }) => stream === name)).files;
  assert.ok((await ofStream("long")).length >= 2);
  assert.strictEqual((await ofStream("short")).length, 1);
});
