/** A receiver of `--webhook` that is away for a minute of real time. */

import assert from "node:assert/strict";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { freeAddress, WebhookReceiver } from "../support/webhook_receiver.ts";

const AWAY_MS = 60_000;

/** A call of 10 s. */
async function call({ port }: Splitter, streamId: string): Promise<void> {
  await using caller = await SrtCaller.connect({ port, streamId });
  await caller.send(makePayload(100), { bitsPerSecond: 105_280 });
  await caller.waitUntilDelivered();
}

Deno.test("nothing is lost if the receiver of a webhook is away for a minute in which sessions begin and end", async () => {
  const { hostname, port } = freeAddress();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--webhook", `http://${hostname}:${port}/`]);
  const expected: string[] = [];
  for (let sinceMs = Infinity; expected.length === 0 || performance.now() - sinceMs < AWAY_MS;) {
    const name = `cam${expected.length / 2 + 1}`;
    await call(splitter, name);
    await splitter.event("session-end", ({ stream }) => stream === name);
    expected.push(`session-start ${name}`, `session-end ${name}`);
    await splitter.errorLine(/^warning: webhook .* messages wait, and delivery is tried again$/);
    sinceMs = Math.min(sinceMs, performance.now());
  }
  await using receiver = new WebhookReceiver(() => 200, { hostname, port });
  await receiver.until(expected.length);
  const back = await splitter.errorLine(/^warning: webhook .*: works again after 1 min \d+ s; no message was lost$/);
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(receiver.hooks, expected, back);
});
