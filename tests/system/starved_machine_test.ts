/** An overloaded machine: its delays are not reported as faults of the caller. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { HeldThread } from "../support/held_thread.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

Deno.test("the session of a live caller continues when libsrt's thread reads nothing for seconds", async (test) => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 8000 });
  const { pid } = await splitter.event("session-start");
  const payload = makePayload(5 * 1900); // 5 s
  const sending = caller.send(payload, { bitsPerSecond: 20 * MBIT });
  const held = HeldThread.hold(pid, /^SRT:RcvQ/);
  if (held === null) {
    await test.step({ name: "this user may not trace processes", ignore: true, fn: () => {} });
    caller.close();
    return await sending.catch(() => {});
  }
  await new Promise((resolve) => setTimeout(resolve, 3500)); // the thread is stopped for this long
  held[Symbol.dispose]();
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  assert.strictEqual(end.reason, "caller-closed");
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});

Deno.test("a caller that closed is reported as closed, even if the process of its session was stopped meanwhile", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  const payload = makePayload(200);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await caller.waitUntilDelivered();
  Deno.kill(pid, "SIGSTOP");
  caller.close();
  await new Promise((resolve) => setTimeout(resolve, 6000)); // longer than the time after which a caller counts as silent
  Deno.kill(pid, "SIGCONT");
  const end = await splitter.event("session-end");
  assert.strictEqual(end.reason, "caller-closed");
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});
