/** TS health of payloads that are not bare 188-byte packets. */

import assert from "node:assert/strict";

import type { SessionEndEvent } from "../../mod/vocabulary/events.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { AUDIO_PID, framed, type Framing, FRAMINGS, inRtp, MadeStream } from "../ts/made_stream.ts";

/** Sends `payload` to `splitter` and closes the connection. */
async function sendTo(
  splitter: Splitter,
  payload: Uint8Array<ArrayBuffer>,
  messageBytes: number,
): Promise<SessionEndEvent> {
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    streamId: "cam1",
    latencyMs: 20,
    maxMessageBytes: messageBytes,
  });
  await caller.send(payload, { bitsPerSecond: 8_000_000, messageBytes });
  await caller.waitUntilDelivered();
  caller.close();
  return await splitter.event("session-end");
}

/** Two seconds of a stream with one lost audio packet, and the offset of the next audio packet. */
function damagedStream({ before, after }: Framing): readonly [bytes: Uint8Array<ArrayBuffer>, offset: number] {
  const size = before + 188 + after;
  const stream = new MadeStream().second(0);
  const at = stream.offset / 188 * size;
  const whole = framed(stream.packet(AUDIO_PID).second(1000).bytes(), { before, after });
  return [Uint8Array.from([...whole.subarray(0, at), ...whole.subarray(at + size)]), at + 4 * size + before];
}

for (const framing of FRAMINGS.slice(1)) {
  Deno.test(`a session with ${framing.name} has the error, the offset and the PID of a lost packet`, async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    const [payload, offset] = damagedStream(framing);
    const { ts } = await sendTo(splitter, payload, 1152);
    assert.deepStrictEqual([ts?.payload, ts?.errors, ts?.first.continuityErrors], ["ts", 1, {
      offset,
      pid: AUDIO_PID,
    }]);
  });
}

Deno.test("inspect names 204-byte packets and their errors", async () => {
  using folder = new TemporaryFolder();
  const [bytes, offset] = damagedStream(FRAMINGS[3] ?? assert.fail());
  Deno.writeFileSync(folder.file("a.ts"), bytes);
  const { stdout } = await Splitter.run(["inspect", folder.file("a.ts")]);
  assert.match(stdout, /a\.ts: TS in 204-byte packets, 51\.0 kB, 250 packets, 2\.0 s, .*, 1 first-priority error\n/);
  assert.match(stdout, new RegExp(`\\ncontinuity counter +1 +${offset} +0x0101\\n`));
});

Deno.test("an expectation of no TS errors fails for 204-byte packets with a lost one", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--sessions", "1", "--expect", "ts-errors=0"]);
  await sendTo(splitter, damagedStream(FRAMINGS[3] ?? assert.fail())[0], 1224);
  assert.strictEqual((await splitter.event("expectation")).ok, false);
});

Deno.test("RTP with seven TS packets in a datagram is named and recorded unchanged", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const payload = inRtp(new MadeStream().second(0).second(1000).bytes(), 96);
  const { ts, file } = await sendTo(splitter, payload, 1328);
  assert.deepStrictEqual([ts?.payload, ts?.format, ts?.packets], ["other", "RTP with TS inside", 0]);
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  await splitter.errorLine(/RTP with TS inside/);
});

Deno.test("the end of a session names the offset after which its payload is not TS", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  const ts = new MadeStream().second(0).bytes();
  const payload = new Uint8Array(ts.length + 13_160).fill(0xaa);
  payload.set(ts);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 20 });
  await caller.send(payload, { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  assert.match(
    await splitter.line(/s1\)? ended/),
    new RegExp(`, TS 1 error \\(sync lost 1\\), no TS from byte ${ts.length} on`),
  );
});
