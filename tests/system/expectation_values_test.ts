/** An unknown value fails an expectation, and known values are correct. */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";

/** The result of each expectation: the observed value, and whether the expectation holds. */
function results(splitter: Splitter): Readonly<Record<string, readonly [seen: string, ok: boolean]>> {
  return Object.fromEntries(
    splitter.eventsNamed("expectation").map(({ expectation, seen, ok }) => [expectation, [seen, ok]]),
  );
}

function expecting(...conditions: readonly string[]): readonly string[] {
  return conditions.flatMap((condition) => ["--expect", condition]);
}

/** Sends a payload of no known format, more than the analysis needs to decide. */
async function sendNoise(splitter: Splitter): Promise<void> {
  const noise = new Uint8Array(60 * 1316);
  for (let offset = 0; offset < noise.length; offset += 1316) {
    crypto.getRandomValues(noise.subarray(offset, offset + 1316));
  }
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(noise, { bitsPerSecond: 20_000_000 });
  await caller.waitUntilDelivered();
}

Deno.test("ts-errors of a payload that is not a transport stream are unknown", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1", ...expecting("ts-errors=0")]);
  await sendNoise(splitter);
  assert.strictEqual((await splitter.ended()).code, 5);
  assert.deepStrictEqual(results(splitter), { "ts-errors=0": ["s1 (cam1) not a transport stream", false] });
});

Deno.test("ts-errors with --no-analyze are unknown", async () => {
  const args = [LOCAL, "--sessions", "1", "--no-analyze", ...expecting("ts-errors<=1000000")];
  await using splitter = await Splitter.listen(args);
  await call(splitter, "cam1");
  assert.strictEqual((await splitter.ended()).code, 5);
  assert.deepStrictEqual(results(splitter), { "ts-errors<=1000000": ["s1 (cam1) not analyzed", false] });
});

Deno.test("a session that received everything meets undelivered=0 and kernel-drop=0", async () => {
  const args = [LOCAL, "--sessions", "1", ...expecting("undelivered=0", "kernel-drop=0")];
  await using splitter = await Splitter.listen(args);
  await call(splitter, "cam1");
  await splitter.ended();
  assert.deepStrictEqual(results(splitter), {
    "undelivered=0": ["s1 (cam1) 0", true],
    "kernel-drop=0": ["s1 (cam1) 0", true],
  });
});

Deno.test("for a session whose process died only the size of the file is known", async () => {
  using folder = new TemporaryFolder();
  const conditions = ["bytes=26320", "loss=0", "undelivered=0", "ts-errors=0"];
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, ...expecting(...conditions)]);
  await killWithPayload(splitter, folder);
  await splitter.stop();
  assert.deepStrictEqual(results(splitter), {
    "bytes=26320": ["s1 (cam1) 26320 B (26.3 kB)", true],
    "loss=0": ["s1 (cam1) unknown", false],
    "undelivered=0": ["s1 (cam1) unknown", false],
    "ts-errors=0": ["s1 (cam1) unknown", false],
  });
});

Deno.test("the size is unknown for a session whose process died and that had no file", async () => {
  await using splitter = await Splitter.listen([LOCAL, ...expecting("bytes<1GB", "rate<1Gbps", "total-bytes<1GB")]);
  await killWithPayload(splitter, null);
  await splitter.stop();
  assert.deepStrictEqual(results(splitter), {
    "bytes<1GB": ["s1 (cam1) unknown", false],
    "rate<1Gbps": ["s1 (cam1) unknown", false],
    "total-bytes<1GB": ["unknown", false],
  });
});

/** Kills the process of a session that has received payload; with a folder, once 26,320 bytes are in its file. */
async function killWithPayload(splitter: Splitter, folder: TemporaryFolder | null): Promise<void> {
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(20), { bitsPerSecond: 8_000_000 });
  await splitter.event("session-proven");
  const { pid } = await splitter.event("session-start");
  if (folder !== null) {
    await waitUntil("the recording", () => {
      const file = folder.names().find((name) => name.endsWith(".ts"));
      return file !== undefined && Deno.statSync(folder.file(file)).size === 26_320;
    });
  }
  Deno.kill(pid, "SIGKILL");
  await splitter.event("session-end");
}
