/** Callers behind a NAT that changes their port: they are disconnected at once, and the lines name the cause. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { MovingRelay } from "../support/moving_relay.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("a caller whose port changes during its session is disconnected, and can call again", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using relay = new MovingRelay(splitter.port, { movesAfterFirstAnswer: false });
  await using caller = await SrtCaller.connect({ port: relay.port, streamId: "cam" });
  const payload = makePayload(100);
  await caller.send(payload, { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  relay.move();
  const sending = caller.send(makePayload(2000), { bitsPerSecond: 8_000_000 }).catch(() => {}); // it is disconnected
  await caller.waitUntilBroken();
  await sending;
  const end = await splitter.event("session-end");
  assert.strictEqual(end.reason, "moved");
  assert.match(end.text, /another port of its address; a NAT/);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
  await using again = await SrtCaller.connect({ port: relay.port, streamId: "cam" });
  await splitter.event("session-start", ({ session }) => session !== end.session);
  again.close();
});

Deno.test("a caller whose INDUCTION and CONCLUSION come from two ports is refused, with a line that names the cause", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using relay = new MovingRelay(splitter.port, { movesAfterFirstAnswer: true });
  await using _caller = LiveTransmit.call({ port: relay.port });
  const { reason, text, advice, caller } = await splitter.event("refused");
  assert.deepStrictEqual([reason, caller.port], [null, relay.farPort]);
  assert.match(text, /^its CONCLUSION came from UDP port \d+, but its INDUCTION from port \d+$/);
  assert.match(advice, /NAT or load balancer/);
});
