/** How a run ends by Ctrl-C and SIGTERM, once or twice, and what the callers receive. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { processStatus, waitUntil, waitUntilGone } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const MBIT = 1_000_000;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  Deno.test(`${signal} ends a run that has running sessions with exit code 0`, async () => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"]);
    await using _caller = await SrtCaller.connect({ port: splitter.port });
    await splitter.event("session-start");
    assert.strictEqual(await splitter.stop(signal), 0);
    assert.strictEqual((await splitter.event("session-end")).reason, "stopped");
  });
}

Deno.test("SIGUSR2 does not end a listener that shows no live table", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  splitter.signal("SIGUSR2");
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("what had arrived before Ctrl-C is in the file, even if it arrived less than one latency before", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--latency", "1s"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(300);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await caller.waitUntilDelivered();
  await splitter.stop();
  const end = await splitter.event("session-end");
  assertSameBytes(Deno.readFileSync(end.file ?? ""), payload);
});

Deno.test("callers get a SHUTDOWN at Ctrl-C", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "100ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const sending = caller.send(makePayload(3000), { bitsPerSecond: 4 * MBIT }).catch(() => {});
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  splitter.signal("SIGINT");
  await caller.waitUntilBroken();
  await sending;
  await splitter.ended();
});

Deno.test("a caller that calls while the run ends gets the reason 1503", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--latency", "30s"]);
  await using _running = await SrtCaller.connect({ port: splitter.port }); // delays the end by its latency
  await splitter.event("session-start");
  splitter.signal("SIGINT");
  await splitter.event("stopping");
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1503 });
});

Deno.test("a second Ctrl-C ends the run at once with exit code 130", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--latency", "20s"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 20_000 });
  const { pid } = await splitter.event("session-start");
  await caller.send(makePayload(20), { bitsPerSecond: 4_000_000 }); // arrived payload is drained for one latency
  splitter.signal("SIGINT");
  await splitter.event("stopping");
  await new Promise((resolve) => setTimeout(resolve, 600)); // an earlier second signal counts as a repeat of the first
  assert.strictEqual(await splitter.stop("SIGINT"), 130);
  await waitUntilGone(pid);
});

Deno.test("a second Ctrl-C also ends a process that hangs, and the last event counts its session", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _doomed = await SrtCaller.connect({ port: splitter.port });
  const doomed = await splitter.event("session-start");
  await using _hanging = await SrtCaller.connect({ port: splitter.port });
  const hanging = await splitter.event("session-start", ({ session }) => session === "s2");
  Deno.kill(doomed.pid, "SIGKILL");
  await splitter.event("session-end");
  Deno.kill(hanging.pid, "SIGSTOP");
  splitter.signal("SIGINT");
  await splitter.event("stopping");
  await new Promise((resolve) => setTimeout(resolve, 600)); // an earlier second signal counts as a repeat of the first
  assert.strictEqual(await splitter.stop("SIGINT"), 130);
  const { attempts, failed } = await splitter.event("stopped");
  assert.deepStrictEqual([attempts, failed, splitter.events.at(-1)?.event], [2, 2, "stopped"]);
});

Deno.test("two signals at the same moment, as npx, deno task and timeout send them, end the run cleanly", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  splitter.signal("SIGINT");
  assert.strictEqual(await splitter.stop("SIGTERM"), 0); // the kernel would merge a second SIGINT with the first
});

Deno.test("a child is in a process session of its own, which Ctrl-C of a terminal does not reach", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  assert.strictEqual(processStatus(pid)?.session, pid);
  caller.close();
});

Deno.test("SIGTERM to a child ends its session cleanly, and the listener continues", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const payload = makePayload(100);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  const { pid, file } = await splitter.recording();
  await waitUntil("all payload", () => Deno.statSync(file).size === payload.length);
  Deno.kill(pid, "SIGTERM");
  assert.strictEqual((await splitter.event("session-end")).reason, "stopped");
  await using next = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start", ({ session }) => session === "s2");
  next.close();
});

Deno.test("a run without sessions ends with a summary", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  assert.strictEqual(await splitter.stop(), 0);
  const { sessions, failed, refused, bytes, exitCode } = await splitter.event("stopped");
  assert.deepStrictEqual({ sessions, failed, refused, bytes, exitCode }, {
    sessions: 0,
    failed: 0,
    refused: 0,
    bytes: 0,
    exitCode: 0,
  });
});

Deno.test("the listener continues when its output is no longer read", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const { port } = splitter;
  await splitter.stopReading();
  await using caller = await SrtCaller.connect({ port });
  const payload = makePayload(100);
  await caller.send(payload, { bitsPerSecond: 8 * MBIT });
  await caller.waitUntilDelivered();
  caller.close();
  await waitUntil(
    "the recording",
    () =>
      folder.names().some((name) => name.endsWith(".ts") && Deno.statSync(folder.file(name)).size === payload.length),
  );
});
