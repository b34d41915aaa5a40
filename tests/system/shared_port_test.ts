/** Callers that share one UDP port, such as two outputs of an encoder with a fixed source port. */

import assert from "node:assert/strict";
import { freePort } from "../../mod/os/free_port.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { bytes, CONCLUSION_PLAIN, CONCLUSION_SID, INDUCTION } from "../fixtures/handshakes.ts";
import { makePayload } from "../support/payload.ts";
import { conclusionAfter, RawCaller, SOCKET_ID_OFFSET } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** How often two callers call at the same moment: either can be the first. */
const ROUNDS = 3;

Deno.test("a second caller on the UDP port of a session is rejected with the cause, and the session continues", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const call = { port: splitter.port, localPort: freePort("127.0.0.1") };
  await using first = await SrtCaller.connect({ ...call, streamId: "a" });
  const payload = makePayload(300);
  const sending = first.send(payload, { bitsPerSecond: 2_000_000 }); // 1.6 seconds
  await splitter.event("session-start");
  await assert.rejects(SrtCaller.connect({ ...call, streamId: "b" }), { rejectReason: 1409 });
  const { stream, reason, text, advice } = await splitter.event("refused");
  assert.deepStrictEqual([stream, reason, text, advice], [
    "b",
    1409,
    `the caller shares UDP port ${call.localPort} with session s1`,
    "give each stream its own source port",
  ]);
  await sending;
  await first.waitUntilDelivered();
  first.close();
  const { bytes, file } = await splitter.event("session-end");
  assert.strictEqual(bytes, payload.length);
  assertSameBytes(Deno.readFileSync(file ?? ""), payload);
});

Deno.test("of two callers that call from one UDP port at the same moment, one is recorded and one is rejected", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const payloads = new Map([["a", makePayload(5, 1)], ["b", makePayload(5, 2)]]);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const call = { port: splitter.port, localPort: freePort("127.0.0.1") };
    // the recorded caller stays connected: after the end of its session, the other caller would be admitted
    await using callers = new AsyncDisposableStack();
    const calls = [...payloads].map(async ([streamId, payload]) => {
      const caller = callers.use(await SrtCaller.connect({ ...call, streamId }));
      await caller.send(payload);
      await caller.waitUntilDelivered();
      return streamId;
    });
    const settled = await Promise.allSettled(calls);
    const recorded = settled.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
    const errors = settled.flatMap((result) => result.status === "rejected" ? [result.reason] : []);
    const reasons = errors.map((error) => error instanceof CallerRefusedError ? error.rejectReason : error);
    assert.deepStrictEqual([recorded.length, reasons], [1, [1409]]);
    await callers.disposeAsync();
    const { stream, file } = await splitter.event("session-end", ({ session }) => session === `s${round}`);
    assert.strictEqual(stream, recorded[0]);
    assertSameBytes(Deno.readFileSync(file ?? ""), payloads.get(stream ?? "") ?? new Uint8Array());
  }
  await splitter.stop();
  assert.strictEqual((await splitter.event("stopped")).refused, ROUNDS);
});

Deno.test("a second caller on the same port is refused once, even if it repeats its CONCLUSION while a process starts", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  const second = (datagram: Uint8Array<ArrayBuffer>) => {
    new DataView(datagram.buffer).setUint32(SOCKET_ID_OFFSET, 7);
    return datagram;
  };
  const cookie = await caller.induce();
  await caller.send(second(bytes(INDUCTION)));
  await caller.receive();
  await caller.send(conclusionAfter(cookie, CONCLUSION_PLAIN));
  const repeated = second(conclusionAfter(cookie, CONCLUSION_SID));
  for (let times = 0; times < 4; times += 1) await caller.send(repeated);
  await splitter.event("refused", ({ stream, reason }) => stream === "abcde" && reason === 1409);
  await splitter.stop();
  assert.strictEqual((await splitter.event("stopped")).refused, 1);
});
