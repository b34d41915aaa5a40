/** Packets from a caller's own address that no encoder sends: they change nothing, or the session ends with a true reason. */

import assert from "node:assert/strict";
import { callWithEach } from "../support/hostile_packets.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("packets that no encoder sends change neither another session nor the end reason of their own", async (test) => {
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
