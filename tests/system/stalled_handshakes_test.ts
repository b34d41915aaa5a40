/**
 * Callers that never complete their handshake: one line with the likely cause, and none for callers that send only one packet.
 */

import assert from "node:assert/strict";
import { CONCLUSION_PLAIN, INDUCTION } from "../fixtures/handshakes.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";

async function sendInductions(caller: RawCaller, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    await caller.send(INDUCTION);
    await caller.receive();
  }
}

Deno.test("a caller that does not receive the answers gets a line with the cause, and another caller of its address is reported only at the end", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using first = new RawCaller(splitter.port);
  using second = new RawCaller(splitter.port);
  await sendInductions(first, 4);
  await sendInductions(second, 4);
  using marker = new RawCaller(splitter.port);
  await marker.induce();
  await marker.send(CONCLUSION_PLAIN);
  // handshakes in progress end in the order in which they began: when the marker is reported, the others have ended
  await splitter.event("refused", ({ caller }) => caller.port === marker.port);
  await splitter.stop();
  const [refused, , folded] = splitter.eventsNamed("refused");
  assert.match(refused?.text ?? "", /^it does not receive the answers/);
  assert.match(refused?.advice ?? "", new RegExp(`firewalls and NATs .* port ${splitter.port} `));
  assert.deepStrictEqual([refused?.caller.port, refused?.reason, refused?.times], [first.port, null, 1]);
  assert.deepStrictEqual([folded?.caller.port, folded?.text, folded?.times], [second.port, refused?.text, 1]);
});

Deno.test("a caller that returns a cookie other than its own gets a line with the cause", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  await caller.induce();
  await caller.send(CONCLUSION_PLAIN); // with the cookie of the capture
  const refused = await splitter.event("refused");
  assert.match(refused.text, /^its CONCLUSION does not have the cookie/);
});

Deno.test("a scanner that sends one packet causes no line", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using scanner = new RawCaller(splitter.port);
  await sendInductions(scanner, 1);
  using marker = new RawCaller(splitter.port);
  await sendInductions(marker, 3);
  // handshakes in progress end in the order in which they began: when the second is reported, the first has ended
  const { caller } = await splitter.event("refused");
  assert.deepStrictEqual([caller.port, splitter.eventsNamed("refused").length], [marker.port, 1]);
});

Deno.test("a caller that keeps calling with a wrong passphrase gets one line with the cause, and one with the number of later calls", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env: { SRT_SPLITTER_PASSPHRASE: "correct horse" } });
  for (let time = 0; time < 4; time += 1) {
    await assert.rejects(SrtCaller.connect({ port: splitter.port, passphrase: "battery staple" }));
  }
  await splitter.stop();
  const refused = splitter.eventsNamed("refused").map(({ reason, times }) => [reason, times]);
  assert.deepStrictEqual(refused, [[10, 1], [10, 3]]);
});
