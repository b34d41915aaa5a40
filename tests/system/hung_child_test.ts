/** The listener reports a session's process that hangs, and a stop does not mistake a long latency for a hung process. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntilGone } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("a session whose process is stopped is reported after 10 s, and its caller is not named as the cause", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { pid } = await splitter.event("session-start");
  Deno.kill(pid, "SIGSTOP");
  assert.match(
    await splitter.errorLine(/has not responded/),
    new RegExp(`^warning: s1: process ${pid} has not responded for 10 s; after 30 s without a response it is killed$`),
  );
  await splitter.errorLine(/^hint: check this machine, not the sender/);
  Deno.kill(pid, "SIGKILL");
  await waitUntilGone(pid);
});

Deno.test("a stop waits for a latency of 14 s, and the recording is complete", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 14_000 });
  const payload = makePayload(100);
  await caller.send(payload, { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  assert.strictEqual(await splitter.stop(), 0);
  const [end] = splitter.eventsNamed("session-end");
  assert.strictEqual(end?.reason, "stopped");
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});
