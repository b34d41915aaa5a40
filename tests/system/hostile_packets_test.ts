/** Packets from a caller's own address that no encoder sends: they cost nothing, or the session ends with a true reason. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { RawSession } from "../support/raw_session.ts";
import { type EventOf, Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const ACK = 0x8002_0000;
const NAK = 0x8003_0000;
const DROPREQ = 0x8007_0000;
const KMREQ = 0xffff_0003;
const OVERSIZED = new Uint8Array(400).fill(0x41);

/** Runs a caller to the end of its session; returns the end and what the file holds. */
async function endOf(
  play: (caller: RawSession) => Promise<void>,
): Promise<{ readonly end: EventOf<"session-end">; readonly recorded: Uint8Array; readonly exitCode: number }> {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  using caller = await RawSession.call(splitter.port);
  await splitter.event("session-start");
  await play(caller);
  const end = await splitter.event("session-end");
  const recorded = end.file === null ? new Uint8Array() : Deno.readFileSync(end.file);
  return { end, recorded, exitCode: await splitter.stop() };
}

/** Sends `count` messages and adds their payload to `sent`. */
async function sendInto(sent: Uint8Array[], caller: RawSession, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) sent.push(await caller.data());
}

for (
  const [what, type, body] of [
    ["an ACK of what was never sent", ACK, new Uint8Array(28).fill(0x7f)],
    ["a NAK of what was never sent", NAK, new Uint8Array(8).fill(0x22)],
    ["a DROPREQ of what has arrived", DROPREQ, new Uint8Array([0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])],
    ["a KMREQ in a session without encryption", KMREQ, new Uint8Array(72).fill(0x12)],
    ["an oversized KMREQ", KMREQ, OVERSIZED],
    ["an oversized KMRSP", 0xffff_0004, OVERSIZED],
    ["a handshake of the second version", 0xffff_0001, new Uint8Array(12)],
  ] as const
) {
  Deno.test(`${what} changes nothing`, async () => {
    const sent: Uint8Array[] = [];
    const { end, recorded, exitCode } = await endOf(async (caller) => {
      await sendInto(sent, caller, 20);
      await caller.control(type, body);
      await sendInto(sent, caller, 20);
      await caller.shutDown();
    });
    assert.deepStrictEqual([end.reason, end.statistics?.pktUndeliveredTotal, exitCode], ["caller-closed", 0, 0]);
    assertSameBytes(recorded, new Uint8Array(await new Blob(sent as BlobPart[]).arrayBuffer()));
  });
}

Deno.test("a packet that is stamped 1000 s ahead holds up everything after it: the session ends with that reason", async () => {
  const sent: Uint8Array[] = [];
  const { end, recorded, exitCode } = await endOf(async (caller) => {
    await sendInto(sent, caller, 20);
    await caller.data({ aheadUs: 1000 * 1_000_000 });
    await sendInto([], caller, 20);
  });
  assert.deepStrictEqual([end.reason, end.statistics?.pktUndeliveredTotal, exitCode], ["undelivered", 21, 1]);
  assertSameBytes(recorded, new Uint8Array(await new Blob(sent as BlobPart[]).arrayBuffer()));
});

Deno.test("time stamps that leap by an hour before the end: what was not delivered is a failure", async () => {
  const { end, exitCode } = await endOf(async (caller) => {
    await sendInto([], caller, 20);
    for (let index = 0; index < 5; index += 1) await caller.data({ aheadUs: 3600 * 1_000_000 });
    await caller.shutDown();
  });
  assert.deepStrictEqual([end.reason, end.statistics?.pktUndeliveredTotal, exitCode], ["undelivered", 5, 1]);
});

Deno.test("a packet with a sequence number 20,000 too high does not count as a caller that closed", async () => {
  const { end, exitCode } = await endOf(async (caller) => {
    await sendInto([], caller, 20);
    await caller.data({ ahead: 20_000 });
    for (let round = 0; round < 60; round += 1) {
      await sendInto([], caller, 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  });
  assert.deepStrictEqual([end.reason, exitCode], ["undelivered", 1]);
});
