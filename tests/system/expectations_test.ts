/** Expectations of a script (`--expect`): conditions that hold, and the same conditions with values for which they fail. */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const HOLDS = [
  "sessions=1",
  "failed=0",
  "refused=0",
  "stream=cam1",
  "total-bytes=26320",
  "bytes>=26kB",
  "duration<20s",
  "rate>1kbps",
  "loss=0",
  "drop=0",
  "undecrypted=0",
  "ts-errors=0",
];

const FAILS = [
  "sessions>=2",
  "failed>0",
  "refused>0",
  "stream=cam2",
  "total-bytes<1kB",
  "bytes>=10MB",
  "duration>=1h",
  "rate>=1Gbps",
  "loss>0",
  "drop>0",
  "undecrypted>0",
  "ts-errors>0",
];

function expecting(conditions: readonly string[]): readonly string[] {
  return conditions.flatMap((condition) => ["--expect", condition]);
}

Deno.test("a run with --expect options that all hold reports each as met and ends with exit code 0", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--sessions", "1", ...expecting(HOLDS)]);
  await call(splitter, "cam1");
  const { code } = await splitter.ended();
  const results = splitter.eventsNamed("expectation").map(({ expectation, ok }) => [expectation, ok]);
  assert.deepStrictEqual(results, HOLDS.map((expectation) => [expectation, true]));
  assert.strictEqual(code, 0);
});

Deno.test("each --expect that fails is named with the value seen, and the exit code is 5", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--sessions", "1", ...expecting(FAILS)]);
  await call(splitter, "cam1");
  const { code } = await splitter.ended();
  const results = splitter.eventsNamed("expectation").map(({ expectation, ok }) => [expectation, ok]);
  assert.deepStrictEqual(results, FAILS.map((expectation) => [expectation, false]));
  assert.strictEqual(splitter.eventsNamed("expectation")[5]?.seen, "s1 (cam1) 26320 B (26.3 kB)");
  assert.strictEqual(code, 5);
});

Deno.test("one --expect that fails among others makes the exit code 5", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", ...expecting(["sessions=0", "sessions=1"])]);
  assert.strictEqual(await splitter.stop("SIGTERM"), 5);
});

Deno.test("a refused caller fails --expect refused=0", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--expect", "refused=0"]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "#!::r=cam1,m=request" }));
  await splitter.event("refused");
  assert.strictEqual(await splitter.stop(), 5);
});

Deno.test("a session that failed makes the exit code 1, even if an --expect fails too", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--expect", "failed=0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { pid } = await splitter.event("session-start");
  Deno.kill(pid, "SIGKILL");
  await splitter.event("session-end");
  assert.strictEqual(await splitter.stop(), 1);
});

Deno.test("a child that crashes before its caller has sent anything fails --expect failed=0", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--expect", "failed=0"]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  Deno.kill((await splitter.event("session-start")).pid, "SIGABRT");
  const { attempt } = await splitter.event("session-end");
  await splitter.stop();
  const { ok, seen } = await splitter.event("expectation");
  assert.deepStrictEqual([attempt, ok, seen], [true, false, "1"]);
});

Deno.test("an --expect that cannot be read is refused before anything starts", async () => {
  const { code, stderr } = await Splitter.run(["listen", "127.0.0.1:0", "--expect", "bytes>=lots"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot use --expect "bytes>=lots": after >= it needs a size, such as 10MB/);
});

Deno.test("text output names what was expected and what was seen", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--expect", "sessions=1"], { text: true });
  await splitter.stop();
  assert.match(splitter.lines.join("\n"), /! expected sessions=1, seen 0\n.*stopped with exit code 5/);
});

Deno.test("a stream with packets missing fails --expect ts-errors=0", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--sessions", "1", "--expect", "ts-errors=0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const payload = makePayload(20);
  for (let offset = 0, counter = 0; offset < payload.length; offset += 188, counter += 2) { // every second packet is missing
    payload.set([0x47, 0x01, 0x00, 0x10 | counter & 0x0f], offset);
  }
  await caller.send(payload, { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  assert.strictEqual((await splitter.ended()).code, 5);
});
