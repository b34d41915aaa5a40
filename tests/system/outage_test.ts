/** Callers that lose their connections together, and call again together; `deno task soak:outage` has 40 of them. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { type Outage, OUTAGES, recordOutage } from "../support/outage.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const CALLERS = 8;
/** Calls of one caller: on a busy machine, the listener may have no process in time for a call. */
const MAX_TRIES = 3;

async function assertAllReturn(outage: Outage): Promise<void> {
  using folder = new TemporaryFolder();
  const callers = await recordOutage(outage, { out: folder.path, callers: CALLERS, maxTries: MAX_TRIES });
  assert.deepStrictEqual(callers.map(({ sessions }) => sessions.length), Array(CALLERS).fill(2));
  for (const { sessions } of callers) {
    const { reason } = sessions[0]?.end ?? assert.fail();
    assert.ok(outage.reasons.includes(reason), reason);
    for (const { sent, end } of sessions) assertSameBytes(Deno.readFileSync(end.file ?? ""), sent);
  }
}

Deno.test("callers that return after 10 s without a network, from the same ports and from others, are all recorded exactly", async () => {
  await assertAllReturn(OUTAGES.ended);
});

Deno.test("callers that close and call again at once, from the same ports and from others, are all recorded exactly", async () => {
  await assertAllReturn(OUTAGES.closed);
});

Deno.test("callers that call again while their earlier sessions run, from the same ports and from others, are all recorded exactly", async () => {
  await assertAllReturn(OUTAGES.running);
});
