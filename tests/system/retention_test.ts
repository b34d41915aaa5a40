/** Recordings that are deleted: `--keep` and `--keep-size`, with a real listener. */

import assert from "node:assert/strict";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { placeRecording } from "../support/recordings.ts";
import { killedRecording, waitUntilSidecarBegun } from "../support/sidecars.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
const MBIT = 1_000_000;
const HOUR_MS = 3_600_000;

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

Deno.test("with --keep a listener deletes finished recordings that are too old, and nothing else", async () => {
  using folder = new TemporaryFolder();
  using outside = new TemporaryFolder();
  placeRecording(folder.file("old.ts"), { ageMs: 25 * HOUR_MS, bytes: 40 });
  placeRecording(folder.file("older.ts"), { ageMs: 48 * HOUR_MS });
  placeRecording(folder.file("young.ts"), { ageMs: 23 * HOUR_MS });
  placeRecording(folder.file("foreign.ts"), { ageMs: 48 * HOUR_MS });
  Deno.removeSync(folder.file("foreign.ts.json"));
  placeRecording(outside.file("linked.ts"), { ageMs: 48 * HOUR_MS });
  for (const name of ["linked.ts", "linked.ts.json"]) Deno.symlinkSync(outside.file(name), folder.file(name));
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--keep", "1d"]);
  const { bytes, reason, text } = await splitter.event("deleted", ({ file }) => nameOf(file) === "old.ts");
  assert.deepStrictEqual([bytes, reason], [40, "keep"]);
  assert.match(text, /^it ended 1 d 01 h ago, and recordings are kept for 1 d 00 h \(--keep\)$/);
  assert.deepStrictEqual(splitter.eventsNamed("deleted").map(({ file }) => nameOf(file)), ["older.ts", "old.ts"]);
  assert.deepStrictEqual(folder.names(), ["foreign.ts", "linked.ts", "linked.ts.json", "young.ts", "young.ts.json"]);
  assert.deepStrictEqual(outside.names(), ["linked.ts", "linked.ts.json"]);
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("with --keep-size the end of a session deletes the oldest recordings, never the new one", async () => {
  using folder = new TemporaryFolder();
  const options = ["--out", folder.path, "--keep-size", "1MB"];
  for (const [name, age] of [["a.ts", 3], ["b.ts", 2]] as const) {
    placeRecording(folder.file(name), { bytes: 400_000, ageMs: age * HOUR_MS });
  }
  await using splitter = await Splitter.listen([LOCAL, ...options], { text: true });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(300), { bitsPerSecond: 20 * MBIT }); // 394,800 bytes
  await caller.waitUntilDelivered();
  caller.close();
  const line = await splitter.line(/deleted /);
  assert.match(line, / deleted a\.ts, 400 kB, the recordings took more than 1\.0 MB \(--keep-size\)$/);
  assert.strictEqual(await splitter.stop(), 0);
  const names = folder.names().filter((name) => name.endsWith(".ts"));
  assert.deepStrictEqual([names.length, names[0]], [2, "b.ts"]);
});

Deno.test("a recording that is still being written is not deleted, even if it alone is larger than --keep-size", async () => {
  using folder = new TemporaryFolder();
  placeRecording(folder.file("a.ts"));
  await using first = await Splitter.listen([LOCAL, "--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: first.port, streamId: "cam1", latencyMs: 1000 });
  const payload = makePayload(900); // 1.2 MB
  await caller.send(payload, { bitsPerSecond: 20 * MBIT });
  const { file } = await first.recording();
  await waitUntilSidecarBegun(file);
  await waitUntil("the recording", () => Deno.statSync(file).size === payload.length);
  const hourAgo = new Date(Date.now() - HOUR_MS);
  Deno.utimeSync(file, hourAgo, hourAgo); // as if nothing had been sent for an hour
  // another listener with the same folder: only the lock shows that the recording is still being written
  await using second = await Splitter.listen([LOCAL, "--out", folder.path, "--keep-size", "1MB", "--keep", "1min"]);
  assert.strictEqual(nameOf((await second.event("deleted")).file), "a.ts");
  assert.strictEqual(await second.stop(), 0);
  assert.strictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)).state, "recording");
  assert.strictEqual(Deno.statSync(file).size, payload.length);
  caller.close();
  assert.strictEqual((await first.event("session-end")).reason, "caller-closed");
});

Deno.test("a recording of a process that was killed is completed first, then deleted once it is too old", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder);
  const hourAgo = new Date(Date.now() - HOUR_MS);
  Deno.utimeSync(file, hourAgo, hourAgo);
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--keep", "2h"]);
  await waitUntil("the sidecar", () => JSON.parse(Deno.readTextFileSync(`${file}.json`)).state === "final");
  assert.strictEqual(await splitter.stop(), 0);
  await using next = await Splitter.listen([LOCAL, "--out", folder.path, "--keep", "30min"]);
  assert.strictEqual((await next.event("deleted")).file, file);
  assert.strictEqual(await next.stop(), 0);
  assert.deepStrictEqual(folder.names(), []);
});
