/**
 * Packets from a caller's own address that encoders do not send: they change nothing, or the session ends with the right
 * reason.
 */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { callWithEach } from "../support/hostile_packets.ts";
import { SHUTDOWN } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { RawSession } from "../support/raw_session.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { UdpRelay } from "../support/udp_relay.ts";

const PASSPHRASE = "correct-horse-battery";

Deno.test("packets that encoders do not send change no other session, and their own session ends with the right reason", async (test) => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  for (const { packet: { what, right: { reason, kept, undelivered } }, call } of callWithEach(splitter)) {
    await test.step(`${what}: ${reason}, ${kept === "all" ? "everything is" : "what came before it is"} kept`, async () => {
      const { end, fault, bystanderFault } = await call;
      const left = undelivered === null ? null : end.statistics?.pktUndeliveredTotal;
      assert.deepStrictEqual([end.reason, left, fault, bystanderFault], [reason, undelivered, null, null]);
    });
  }
});

Deno.test("a SHUTDOWN for another socket does not end a session that has just begun", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "100ms"]);
  using session = await RawSession.call(splitter.port);
  await splitter.event("session-start");
  await session.control(SHUTDOWN, { to: 7 });
  for (const messages of [1, 2]) {
    await session.data();
    const { event } = await Promise.race([
      splitter.event("stats", ({ bytes }) => bytes === messages * LIVE_MESSAGE_BYTES),
      splitter.event("session-end"),
    ]);
    assert.strictEqual(event, "stats");
  }
});

Deno.test("payload without encryption is not recorded in an encrypted session", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
    env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE },
  });
  await using relay: UdpRelay = new UdpRelay(splitter.port, (datagram, toListener) => {
    if (toListener && isData(datagram)) relay.forge(withoutEncryption(datagram)); // arrives first
    return false;
  });
  await using caller = await SrtCaller.connect({
    port: relay.port,
    passphrase: PASSPHRASE,
    latencyMs: SAFE_LATENCY_MS,
  });
  const payload = makePayload(200);
  await caller.send(payload, { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  const { reason, file } = await splitter.event("session-end");
  assert.strictEqual(reason, "caller-closed");
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
});

function isData(datagram: DataView): boolean {
  return datagram.getUint32(0) < 0x8000_0000;
}

/** A data packet with the same sequence number and without the flags of a key (draft-sharabayko-srt 3.1). */
function withoutEncryption(datagram: DataView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const forged = new DataView(datagram.buffer.slice(0));
  forged.setUint32(4, forged.getUint32(4) & ~0x1800_0000);
  return new Uint8Array(forged.buffer);
}
