/** Packets from a caller's own address that no encoder sends: they cost nothing, or the session ends with a true reason. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { HOSTILE_PACKETS } from "../support/hostile_packets.ts";
import { RawSession } from "../support/raw_session.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

for (const { what, send, reason, undelivered } of HOSTILE_PACKETS) {
  Deno.test(`${what}: the session ends as ${reason}, and what was due is recorded`, async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
    using caller = await RawSession.call(splitter.port);
    await splitter.event("session-start");
    const due = new Uint8Array(await new Blob([...await send(caller)]).arrayBuffer());
    const end = await splitter.event("session-end");
    const recorded = Deno.readFileSync(end.file ?? "");
    assert.strictEqual(end.reason, reason);
    assertSameBytes(undelivered === null ? recorded.subarray(0, due.length) : recorded, due);
    assert.strictEqual(end.statistics?.pktUndeliveredTotal, undelivered ?? end.statistics?.pktUndeliveredTotal);
    assert.strictEqual(await splitter.stop(), reason === "caller-closed" ? 0 : 1);
  });
}
