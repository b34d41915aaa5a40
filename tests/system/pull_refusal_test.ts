/** `record`: passphrases of listeners, and calls that fail. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, processFile } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort } from "../support/srt_caller.ts";
import { deliver, sourceAddress, SrtSource } from "../support/srt_source.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PASSPHRASE = "correct horse battery";

Deno.test("a passphrase for a listener is read from a file, and is in no argv, environment or line", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("secret");
  Deno.writeTextFileSync(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  using source = SrtSource.listen({ passphrase: PASSPHRASE, keyLength: 32 });
  const options = ["--passphrase-file", file, "--out", folder.file("out"), "--verbose"];
  await using splitter = await Splitter.record([sourceAddress(source.port, "name=cam1&pbkeylen=32"), ...options]);
  const payload = makePayload(100);
  const connection = await source.accept();
  const { pid, encrypted, keyLength } = await splitter.event("session-start");
  assert.deepStrictEqual([encrypted, keyLength], [true, 32]);
  for (const process of [splitter.pid, pid, ...childrenOf(splitter.pid)]) {
    for (const name of ["cmdline", "environ"]) assert.ok(!processFile(process, name).includes(PASSPHRASE), name);
  }
  await deliver(connection, payload);
  assertSameBytes(readAll((await splitter.event("session-end")).files), payload);
  assert.strictEqual(await splitter.stop(), 0);
  assert.ok(![...splitter.lines, ...splitter.errors].some((line) => line.includes(PASSPHRASE)), "in the output");
});

Deno.test("a refusal of the listener is reported once, with its reason and a hint, and --wait fails", async () => {
  using folder = new TemporaryFolder();
  await using target = await Splitter.listen(["127.0.0.1:0", "--deny", "cam*"]);
  const call = [sourceAddress(target.port, "streamid=cam1"), "--out", folder.path, "--wait", "8s"];
  await using splitter = await Splitter.record(call);
  const { stream, listener, reason, text, advice } = await splitter.event("pull-failed");
  assert.deepStrictEqual([stream, listener, reason], ["cam1", `srt://127.0.0.1:${target.port}`, 1403]);
  assert.match(text, /^refused by 127\.0\.0\.1:\d+: .*\(SRT reason 1403, SRT_REJX_FORBIDDEN\)$/);
  assert.match(advice, /^the listener does not admit this stream/);
  assert.strictEqual((await splitter.ended()).code, 6);
  assert.strictEqual(splitter.eventsNamed("pull-failed").length, 1, splitter.lines.join("\n"));
});

Deno.test("a listener with another passphrase is reported with the option for a passphrase", async () => {
  using folder = new TemporaryFolder();
  using source = SrtSource.listen({ passphrase: PASSPHRASE });
  await using splitter = await Splitter.record([sourceAddress(source.port, "name=cam1"), "--out", folder.path], {
    env: { SRT_SPLITTER_PASSPHRASE: "another horse battery" },
  });
  const { reason, text, advice } = await splitter.event("pull-failed");
  assert.deepStrictEqual([reason, /wrong passphrase/.test(text)], [10, true], text);
  assert.match(advice, /^give the listener's passphrase with --passphrase-file FILE, SRT_SPLITTER_PASSPHRASE or /);
  assert.strictEqual(await splitter.stop("SIGTERM"), 0);
});

Deno.test("a listener that does not answer and a host that does not exist are reported, and SIGTERM ends the calls", async () => {
  using folder = new TemporaryFolder();
  const silent = `srt://127.0.0.1:${freePort()}?conntimeo=500&name=silent`;
  const unknown = "srt://no-such-host.invalid:9000?name=unknown";
  await using splitter = await Splitter.record([silent, unknown, "--out", folder.path]);
  const failure = await splitter.event("pull-failed", ({ stream }) => stream === "silent");
  assert.deepStrictEqual([failure.reason, failure.retryMs], [16, 1000]);
  assert.match(failure.text, /^no answer from 127\.0\.0\.1:\d+ in time/);
  const { reason, text } = await splitter.event("pull-failed", ({ stream }) => stream === "unknown");
  assert.strictEqual(reason, null);
  assert.match(text, /^cannot find the address of "no-such-host\.invalid": /);
  assert.strictEqual(await splitter.stop("SIGTERM"), 0);
  assert.deepStrictEqual([...Deno.readDirSync(folder.path)], []);
});
