/** `--udp`: the payload of each session is sent to an address, in datagrams of seven TS packets. */

import assert from "node:assert/strict";
import { freePort } from "../../mod/os/free_port.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { readAll } from "../support/read_all.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { HELD_DATAGRAMS, payloadOf, UdpReceiver } from "../support/udp_receiver.ts";

const LOCAL = "127.0.0.1:0";
const PACE = { bitsPerSecond: 4_000_000 };
const DATAGRAM_BYTES = 1316;

/** Sends payload and waits until it has arrived, without closing the connection. */
async function send(port: number, streamId: string, payload: Uint8Array<ArrayBuffer>): Promise<SrtCaller> {
  const caller = await SrtCaller.connect({ port, streamId });
  await caller.send(payload, PACE);
  await caller.waitUntilDelivered();
  return caller;
}

Deno.test("each session is sent to the target that its stream ID chooses, and recorded", async () => {
  using folder = new TemporaryFolder();
  using first = new UdpReceiver();
  using second = new UdpReceiver();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--udp", "127.0.0.1:{id.port}"]);
  const sent = await Promise.all(
    [first, second].map(async (receiver, index) => {
      const payload = makePayload(HELD_DATAGRAMS, index + 1);
      const streamId = `#!::r=cam${index},port=${receiver.port}`;
      await using caller = await send(splitter.port, streamId, payload);
      const datagrams = await receiver.bytes(payload.length);
      caller.close();
      assertSameBytes(payloadOf(datagrams), payload);
      assert.deepStrictEqual(new Set(datagrams.map(({ bytes }) => bytes.length)), new Set([DATAGRAM_BYTES]));
      return payload;
    }),
  );
  for (const [index, payload] of sent.entries()) {
    const { files, reason, outputs } = await splitter.event("session-end", ({ stream }) => stream === `cam${index}`);
    assertSameBytes(readAll(files), payload);
    const receiver = index === 0 ? first : second;
    assert.deepStrictEqual([reason, outputs], ["caller-closed", [receiver.report(payload.length)]]);
  }
});

Deno.test("a session whose target has no receiver is recorded, and nothing is reported", async () => {
  using folder = new TemporaryFolder();
  const { port } = closedReceiver();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--udp", `127.0.0.1:${port}`]);
  const payload = makePayload(HELD_DATAGRAMS);
  await using caller = await send(splitter.port, "cam1", payload);
  caller.close();
  const { files, reason, outputs: [output] } = await splitter.event("session-end");
  assertSameBytes(readAll(files), payload);
  assert.deepStrictEqual([reason, output?.ok, splitter.errors], ["caller-closed", true, []]);
});

for (
  const [what, args, code, reason] of [
    ["a warning if the session is recorded too", (folder: string) => ["--out", folder], 0, "caller-closed"],
    ["a failure if nothing is recorded", () => [], 1, "output-failed"],
  ] as const
) {
  Deno.test(`a target that cannot be used is ${what}`, async () => {
    using folder = new TemporaryFolder();
    // a port of its own, because two sessions cannot have the same target
    const target = `255.255.255.255:${freePort("127.0.0.1")}`;
    const udp = ["--udp", target, "--sessions", "1"];
    await using splitter = await Splitter.listen([LOCAL, ...args(folder.path), ...udp]);
    const payload = makePayload(50);
    await using caller = await send(splitter.port, "cam1", payload);
    caller.close();
    assert.strictEqual((await splitter.ended()).code, code);
    const [end] = splitter.eventsNamed("session-end");
    assert.deepStrictEqual([end?.reason, end?.outputs[0]?.droppedBytes], [reason, payload.length]);
    assertSameBytes(readAll(end?.files ?? []), code === 0 ? payload : new Uint8Array());
    assert.deepStrictEqual(splitter.errors.filter((line) => line.startsWith("warning: s1: udp")), [
      `warning: s1: udp://${target}: cannot send: permission denied; datagrams are dropped until sending succeeds`,
    ]);
  });
}

Deno.test("two sessions with the same target are not mixed, and both are recorded", async () => {
  using folder = new TemporaryFolder();
  using receiver = new UdpReceiver();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--udp", `127.0.0.1:${receiver.port}`]);
  const [one, two] = [makePayload(40, 1), makePayload(40, 2)];
  await using first = await send(splitter.port, "cam1", one);
  assertSameBytes(payloadOf(await receiver.bytes(one.length)), one);
  await using second = await send(splitter.port, "cam2", two);
  await splitter.errorLine(
    /^warning: s2: udp:.*another session sends to this target; this output starts when that session/,
  );
  second.close();
  const { outputs: [output], files } = await splitter.event("session-end", ({ stream }) => stream === "cam2");
  assert.deepStrictEqual([output?.ok, output?.bytes, output?.droppedBytes], [false, 0, two.length]);
  assertSameBytes(readAll(files), two);
  first.close();
  await splitter.event("session-end", ({ stream }) => stream === "cam1");
});

/** Returns a receiver that is closed already. */
function closedReceiver(): UdpReceiver {
  using receiver = new UdpReceiver();
  return receiver;
}
