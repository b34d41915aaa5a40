/** Secrets: the passphrase and the secret parts of a stream ID are in no argv, environment, output or file name. */

import assert from "node:assert/strict";
import { processFile } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PASSPHRASE = "correct horse battery";
const STREAM_SECRET = "hush-hush";

Deno.test("a passphrase out of a file is in no argv, environment, event or line", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("secret");
  Deno.writeTextFileSync(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--verbose", "--passphrase-file", file]);
  await using caller = await SrtCaller.connect({ port: splitter.port, passphrase: PASSPHRASE });
  const { pid } = await splitter.event("session-start");
  for (const process of [pid, splitter.pid]) {
    assert.ok(!processFile(process, "cmdline").includes(PASSPHRASE), "in argv");
    assert.ok(!processFile(process, "environ").includes(PASSPHRASE), "in the environment");
  }
  caller.close();
  await splitter.stop();
  assert.ok(![...splitter.lines, ...splitter.errors].some((line) => line.includes(PASSPHRASE)), "in the output");
});

Deno.test("a passphrase out of the environment does not reach the environment of a child", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE } });
  await using caller = await SrtCaller.connect({ port: splitter.port, passphrase: PASSPHRASE });
  const { pid } = await splitter.event("session-start");
  assert.ok(processFile(pid, "environ").length > 0);
  assert.ok(!processFile(pid, "environ").includes(PASSPHRASE));
  caller.close();
});

Deno.test("the value of s= in a stream ID is in no argv, event, line or file name", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--verbose", "--out", folder.path]);
  const streamId = `#!::r=cam,s=${STREAM_SECRET},m=publish`;
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId });
  const start = await splitter.event("session-start");
  assert.strictEqual(start.streamId, "#!::r=cam,s=***,m=publish");
  assert.ok(!processFile(start.pid, "cmdline").includes(STREAM_SECRET), "in argv");
  caller.close();
  await splitter.stop();
  assert.ok(![...splitter.lines, ...splitter.errors].some((line) => line.includes(STREAM_SECRET)), "in the output");
});
