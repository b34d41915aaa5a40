/**
 * The manifest that `--checksum` writes into each folder of recordings (`recordings.sha256`, with a checksum for each file),
 * checked with the real `sha256sum`.
 */

import assert from "node:assert/strict";
import { makePayload } from "../support/payload.ts";
import { killedRecording } from "../support/sidecars.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const CHECKSUM = ["--checksum", "sha256"];
const PACE = { bitsPerSecond: 8_000_000 };

/** Checks the manifest of a folder, and returns its recordings, sorted. Fails if one of them differs. */
function checked(folder: string): readonly string[] {
  const { code, stdout, stderr } = new Deno.Command("sha256sum", {
    args: ["--strict", "-c", "recordings.sha256"],
    cwd: folder,
  }).outputSync();
  const decoder = new TextDecoder();
  assert.strictEqual(code, 0, decoder.decode(stderr) + decoder.decode(stdout));
  return decoder.decode(stdout).trimEnd().split("\n").map((line) => line.replace(/: OK$/, "")).toSorted();
}

function recordingsIn(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".ts")).toSorted();
}

async function record(splitter: Splitter, streamId: string): Promise<void> {
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId });
  await caller.send(makePayload(20), PACE);
  await caller.waitUntilDelivered();
  caller.close();
  await splitter.event("session-end", ({ stream }) => stream === streamId);
}

Deno.test("the manifest has the recordings of two listeners in one folder whose sessions end at the same time", async () => {
  using folder = new TemporaryFolder();
  const listen = () => Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...CHECKSUM]);
  await using first = await listen();
  await using second = await listen();
  const connect = (splitter: Splitter, streamId: string) => SrtCaller.connect({ port: splitter.port, streamId });
  const callers = await Promise.all([
    ...["a", "b", "c"].map((name) => connect(first, name)),
    ...["d", "e", "f"].map((name) => connect(second, name)),
  ]);
  await Promise.all(callers.map((caller) => caller.send(makePayload(20), PACE)));
  await Promise.all(callers.map((caller) => caller.waitUntilDelivered()));
  for (const caller of callers) caller.close();
  for (const name of ["a", "b", "c"]) await first.event("session-end", ({ stream }) => stream === name);
  for (const name of ["d", "e", "f"]) await second.event("session-end", ({ stream }) => stream === name);
  assert.strictEqual(checked(folder.path).length, 6);
  assert.deepStrictEqual(checked(folder.path), recordingsIn(folder.path));
});

Deno.test("each folder of a template has a manifest with every file of a session", async () => {
  using folder = new TemporaryFolder();
  const names = ["--name", "{stream}/{segment}.ts", "--segment-size", "1MB"];
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...CHECKSUM, ...names]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(2000).map((byte) => byte === 0x47 ? 0 : byte), { bitsPerSecond: 20_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  const { files } = await splitter.event("session-end");
  await record(splitter, "recordings.sha256");
  assert.ok(files.length > 1, `${files.length} files`);
  assert.strictEqual(checked(folder.file("cam1")).length, files.length);
  assert.deepStrictEqual(checked(folder.file("recordings.sha256_")), ["0001.ts"]);
  assert.deepStrictEqual(folder.names(), ["cam1", "recordings.sha256_"]);
});

Deno.test("recover adds an interrupted recording, and one whose line is missing, to the manifest", async () => {
  using folder = new TemporaryFolder();
  await killedRecording(folder, CHECKSUM);
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...CHECKSUM]);
  await record(splitter, "cam2");
  Deno.removeSync(folder.file("recordings.sha256"));
  const { code } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(code, 0);
  assert.strictEqual(checked(folder.path).length, 2);
});

Deno.test("recover reports a manifest that it cannot write, and fails", async () => {
  using folder = new TemporaryFolder();
  await killedRecording(folder, CHECKSUM);
  Deno.mkdirSync(folder.file("recordings.sha256"));
  const { code, stdout } = await Splitter.run(["recover", folder.path]);
  assert.strictEqual(code, 1);
  assert.match(
    stdout,
    /recordings\.sha256: FAILED: cannot change .*: its name is used by something that is not a manifest file\n1 recovered/,
  );
});

Deno.test("a manifest that cannot be written causes a warning, and the session ends cleanly", async () => {
  using folder = new TemporaryFolder();
  Deno.mkdirSync(folder.file("recordings.sha256"));
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, ...CHECKSUM]);
  await record(splitter, "cam1");
  assert.strictEqual((await splitter.event("session-end")).reason, "caller-closed");
  await splitter.errorLine(
    /recordings\.sha256: its name is used by something that is not a manifest file; cam1_.*\.ts is missing from it$/,
  );
  await splitter.errorLine(/hint: .*srt-splitter recover /);
});

Deno.test("without --checksum there is no manifest", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await record(splitter, "cam1");
  assert.strictEqual(folder.names().filter((name) => !/\.ts(?:\.json)?$/.test(name)).length, 0);
});
