/** Processes that wait for callers (`--spares`), with real callers. */

import assert from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { readProcLink } from "../../mod/os/proc.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { fileOfLibsrt } from "../support/file_of_libsrt.ts";
import { needing, PROTECTED_PROCESSES } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, waitUntil, waitUntilGone } from "../support/processes.ts";
import { sparesOf, waitForSpares } from "../support/spares.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";
const libc = openLibc();

Deno.test("by default two spares wait; callers get them and are recorded exactly, and new spares start", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--verbose", "--out", folder.path]);
  await waitForSpares(splitter, 2);
  const spares = sparesOf(splitter);
  const payloads = [makePayload(500, 1), makePayload(500, 2)];
  const callers = await Promise.all(payloads.map(async (payload, index) => {
    const caller = await SrtCaller.connect({ port: splitter.port, streamId: `cam${index}` });
    await caller.send(payload, { bitsPerSecond: 8_000_000 });
    await caller.waitUntilDelivered();
    return caller;
  }));
  await waitForSpares(splitter, 4);
  for (const caller of callers) caller.close();
  for (const [index, payload] of payloads.entries()) {
    const { pid, spare } = await splitter.event("session-start", ({ stream }) => stream === `cam${index}`);
    const { file } = await splitter.event("session-end", ({ stream }) => stream === `cam${index}`);
    assert.deepStrictEqual([spare, spares.includes(pid)], [true, true]);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  }
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("spares do not count for --max-sessions", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--verbose", "--max-sessions", "1", "--spares", "3"]);
  await waitForSpares(splitter, 3);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  caller.close();
});

Deno.test("with --spares 0, processes start for callers only", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--spares", "0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid, spare } = await splitter.event("session-start");
  assert.deepStrictEqual([spare, childrenOf(splitter.pid)], [false, [pid]]);
  caller.close();
});

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  Deno.test(`no spare is left when the listener ends by ${signal}`, async () => {
    await using splitter = await Splitter.listen([LOCAL, "--verbose"]);
    await waitForSpares(splitter, 2);
    const spares = sparesOf(splitter);
    assert.strictEqual(spares.length, 2);
    splitter.signal(signal);
    await splitter.ended();
    for (const pid of spares) await waitUntilGone(pid);
  });
}

Deno.test("a spare that is still starting ends when the listener is killed", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  await waitUntil("a process", () => childrenOf(splitter.pid).length > 0, 1);
  const starting = childrenOf(splitter.pid);
  splitter.signal("SIGKILL");
  await splitter.ended();
  for (const pid of starting) await waitUntilGone(pid);
});

Deno.test("spares that died affect no caller, and are replaced", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--verbose"]);
  await waitForSpares(splitter, 2);
  const killed = sparesOf(splitter);
  for (const pid of killed) Deno.kill(pid, "SIGKILL");
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  assert.ok(!killed.includes(pid));
  await waitForSpares(splitter, 4);
  assert.deepStrictEqual(splitter.eventsNamed("refused"), []);
  caller.close();
});

Deno.test("spares are replaced when the libsrt on the disk is replaced", async () => {
  using folder = new TemporaryFolder();
  const installed = fileOfLibsrt();
  const file = folder.file("libsrt.so");
  Deno.copyFileSync(installed, file);
  await using splitter = await Splitter.listen([LOCAL, "--verbose", "--libsrt", file]);
  await waitForSpares(splitter, 2);
  const old = sparesOf(splitter);
  Deno.copyFileSync(installed, folder.file("next"));
  Deno.renameSync(folder.file("next"), file);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  const { pid } = await splitter.event("session-start");
  assert.ok(!old.includes(pid));
  for (const one of old) await waitUntilGone(one);
  await waitForSpares(splitter, 4);
  caller.close();
});

Deno.test("SIGHUP changes how many spares wait", async () => {
  using config = new ConfigFolder('address = "127.0.0.1:0"\nspares = 3\n');
  await using splitter = await Splitter.listen(["--config", config.file, "--verbose"]);
  await waitForSpares(splitter, 3);
  config.write('address = "127.0.0.1:0"\nspares = 1\n');
  splitter.signal("SIGHUP");
  await splitter.event("reloaded");
  await waitUntil("one spare", () => childrenOf(splitter.pid).length === 1);
});

Deno.test({
  ...needing(
    [PROTECTED_PROCESSES],
    "the working folder of a spare is /, not the folder of recordings",
  ),
  fn: async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen([LOCAL, "--verbose", "--out", folder.path]);
    await waitForSpares(splitter, 2);
    for (const pid of sparesOf(splitter)) assert.strictEqual(readProcLink(libc, `/proc/${pid}/cwd`), "/");
  },
});
