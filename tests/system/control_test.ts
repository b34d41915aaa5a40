/** The commands `sessions` and `stop`, which ask a running listener. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { type EventOf, Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const addressOf = ({ port }: Splitter) => `127.0.0.1:${port}`;

/** Connects a caller whose session is proven. */
async function call(splitter: Splitter, streamId: string): Promise<[SrtCaller, EventOf<"session-proven">]> {
  const caller = await SrtCaller.connect({ port: splitter.port, streamId });
  await caller.send(makePayload(10));
  return [caller, await splitter.event("session-proven", ({ stream }) => stream === streamId)];
}

Deno.test("sessions --json prints a line for each running session", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
  const [caller] = await call(splitter, "cam1");
  await using _caller = caller;
  await splitter.event("stats", ({ bytes }) => bytes > 0);
  const { code, stdout } = await Splitter.run(["sessions", addressOf(splitter), "--json"]);
  const [line = "", ...others] = stdout.trimEnd().split("\n");
  const { listener, session, stream, proven, adopted, bytes, start, pid } = JSON.parse(line);
  assert.deepStrictEqual([code, others, session, stream, proven, adopted], [0, [], "s1", "cam1", true, false]);
  assert.deepStrictEqual(listener, { pid: splitter.pid, address: "127.0.0.1", port: splitter.port });
  const started = await splitter.event("session-start");
  assert.deepStrictEqual([start, pid, bytes > 0], [started.time, started.pid, true]);
});

Deno.test("sessions prints a table of the listeners of this user", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const [caller] = await call(splitter, "cam1");
  await using _caller = caller;
  const { stdout } = await Splitter.run(["sessions"]); // other listeners of this machine may be stopping
  const lines = stdout.split("\n");
  const at = lines.indexOf(`${addressOf(splitter)}, process ${splitter.pid}: 1 session`);
  assert.match(lines[at + 1] ?? "", /^ID +STREAM/);
  assert.match(lines[at + 2] ?? "", /^s1 +cam1 +127\.0\.0\.1/);
});

Deno.test("stop ends sessions by ID and by name, and the others continue", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const callers = [];
  for (const name of ["a", "b", "c"]) callers.push(await call(splitter, name));
  await using stack = new AsyncDisposableStack();
  for (const [caller] of callers) stack.use(caller);
  const { code, stdout } = await Splitter.run([
    "stop",
    callers[0]?.[1].session ?? "",
    "b",
    "--listener",
    addressOf(splitter),
  ]);
  assert.match(stdout, /^s1 ended: stopped by the listener, file .*\ns2 ended: stopped by the listener, file .*\n$/);
  assert.strictEqual(code, 0);
  const ended = splitter.eventsNamed("session-end");
  assert.deepStrictEqual(ended.map(({ stream, reason }) => [stream, reason]).toSorted(), [["a", "stopped"], [
    "b",
    "stopped",
  ]]);
  for (const { file } of ended) assertSameBytes(Deno.readFileSync(file ?? ""), makePayload(10));
  await callers[0]?.[0].waitUntilBroken();
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("stop reports a session that does not run, with exit code 1", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { code, stderr } = await Splitter.run(["stop", "s7", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stderr], [1, 'error: no session "s7" runs\n']);
});

Deno.test("stop --all stops the listener with its sessions, and returns when it has ended", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const [caller] = await call(splitter, "cam1");
  await using _caller = caller;
  const { code, stdout } = await Splitter.run(["stop", "--all", "--listener", addressOf(splitter)]);
  assert.deepStrictEqual([code, stdout], [0, `the listener on ${addressOf(splitter)} has stopped, with 1 session\n`]);
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual(splitter.eventsNamed("stopping")[0]?.cause, "stop");
});

for (const args of [["sessions", "127.0.0.1:1"], ["stop", "--all", "--listener", "127.0.0.1:1"]]) {
  Deno.test(`${args[0]} reports that no listener has the address, with exit code 3`, async () => {
    const { code, stderr } = await Splitter.run(args);
    assert.strictEqual(code, 3);
    assert.match(stderr, /^error: no listener of this user runs on that address\nhint: /);
  });
}
