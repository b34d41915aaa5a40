/** A key that the caller changes and that does not arrive: nothing of what follows is recorded, and the caller learns of it. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;
const PASSPHRASE = "correct horse battery";
const REFRESH_PACKETS = 600;
const KEY_CHANGES = 4;

for (
  const [what, lostFrom] of [
    ["the first change of the key is lost", 1],
    ["a later change is lost, and libsrt decrypts with the key before", 2],
  ] as const
) {
  Deno.test(`${what}: the recording ends before the first damaged packet`, async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
      env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE },
    });
    const keys = new Set<string>();
    await using link = new LossyLink(splitter.port, {
      keyMessage: (body) => {
        keys.add(body);
        return [...keys].indexOf(body) + 1 >= lostFrom;
      },
    });
    await using caller = await SrtCaller.connect({
      port: link.port,
      passphrase: PASSPHRASE,
      keyRefreshPackets: REFRESH_PACKETS,
    });
    const payload = makePayload(REFRESH_PACKETS * 4);
    const sending = caller.send(payload, { bitsPerSecond: 16 * MBIT }).catch(() => {}); // it is closed while it sends
    const end = await splitter.event("session-end");
    await caller.waitUntilBroken();
    await sending;
    assert.strictEqual(end.reason, "key-lost");
    const recorded = Deno.readFileSync(end.file ?? "");
    assertSameBytes(recorded, payload.subarray(0, recorded.length));
    // libsrt changes keys some packets late, by the time that it takes to send
    const messages = recorded.length / LIVE_MESSAGE_BYTES;
    assert.ok(messages >= REFRESH_PACKETS * lostFrom && messages < REFRESH_PACKETS * lostFrom + 100, String(messages));
    assert.strictEqual(await splitter.stop(), 1);
  });
}

Deno.test("key changes that arrive lose no payload", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], {
    env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE },
  });
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    passphrase: PASSPHRASE,
    keyRefreshPackets: REFRESH_PACKETS,
  });
  const payload = makePayload(REFRESH_PACKETS * (KEY_CHANGES + 1));
  await caller.send(payload, { bitsPerSecond: 16 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  assert.strictEqual(end.reason, "caller-closed");
  const recorded = Deno.readFileSync(end.file ?? "");
  assert.strictEqual(recorded.length, payload.length);
  const damaged = Array.from({ length: payload.length / LIVE_MESSAGE_BYTES }, (_, index) => index).filter((index) => {
    const [one, other] = [recorded, payload].map((bytes) => messageOf(bytes, index));
    return one?.some((byte, at) => byte !== other?.[at]);
  });
  // libsrt's sender changes the key in one thread and encrypts in another: the packet in between may have the other key's flag
  assert.ok(damaged.length <= KEY_CHANGES, `${damaged.length} messages differ, the first is ${damaged[0]}`);
});

function messageOf(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.subarray(index * LIVE_MESSAGE_BYTES, (index + 1) * LIVE_MESSAGE_BYTES);
}
