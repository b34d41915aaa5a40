/** Passphrases and the secret parts of stream IDs are in no argv, environment, output or file name. */

import assert from "node:assert/strict";
import { processFile, waitUntilGone } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { connectInCrowd, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PASSPHRASE = "correct horse battery";
const STREAM_SECRET = "hush-hush";

Deno.test("a passphrase from a file is in no argv, environment, event or line", async () => {
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

Deno.test("a passphrase from the environment does not reach the environment of a child", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE } });
  await using caller = await SrtCaller.connect({ port: splitter.port, passphrase: PASSPHRASE });
  const { pid } = await splitter.event("session-start");
  assert.ok(!processFile(pid, "environ").includes(PASSPHRASE));
  caller.close();
});

const MASKED: readonly (readonly [streamId: string, masked: string])[] = [
  [`#!::r=cam,s=${STREAM_SECRET},m=publish`, "#!::r=cam,s=***,m=publish"],
  [`#!::r=cam,S=${STREAM_SECRET}`, "#!::r=cam,S=***"],
  [`cam,{s=${STREAM_SECRET}}`, "cam,{s=***"],
  [`cam,mode:publish,token:${STREAM_SECRET}`, "cam,mode:publish,token:***"],
  [`cam%3Ftoken%3D${STREAM_SECRET}`, "cam?token=***"],
];

Deno.test("a secret in a stream ID is in no argv, event, line, sidecar or file name", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--verbose", "--stats", "200ms", "--out", folder.path]);
  await Promise.all(MASKED.map(async ([streamId, masked]) => {
    await using caller = await connectInCrowd({ port: splitter.port, streamId, latencyMs: 20 });
    const { pid, session } = await splitter.event("session-start", (start) => start.streamId === masked);
    assert.ok(!processFile(pid, "cmdline").includes(STREAM_SECRET), "in argv");
    await caller.send(new Uint8Array(1316));
    await caller.waitUntilDelivered();
    caller.close();
    await splitter.event("session-end", (end) => end.session === session);
  }));
  await splitter.stop();
  assert.ok(![...splitter.lines, ...splitter.errors].some((line) => line.includes(STREAM_SECRET)), "in the output");
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.strictEqual(names.length, 2 * MASKED.length, names.join(", "));
  assert.ok(!names.some((name) => name.includes(STREAM_SECRET)), "in a file name");
  const sidecars = names.filter((name) => name.endsWith(".json")).map((name) =>
    Deno.readTextFileSync(folder.file(name))
  );
  assert.ok(!sidecars.some((text) => text.includes(STREAM_SECRET)), "in a sidecar");
});

/** Returns a command that starts a program in the folder, with permission to leave core files of any size there. */
function withCoreFiles({ path }: TemporaryFolder): readonly string[] {
  return ["env", "-C", path, "sh", "-c", 'ulimit -c unlimited && exec "$@"', "sh"];
}

/** Whether this machine writes the core file of a program to the program's working folder. */
function leavesCoreFiles(): boolean {
  using folder = new TemporaryFolder();
  const [file = "", ...args] = withCoreFiles(folder);
  new Deno.Command(file, { args: [...args, "sh", "-c", "kill -ABRT $$"], stderr: "null" }).outputSync();
  return folder.names().some((name) => name.startsWith("core"));
}

const LEAVES_CORE_FILES = leavesCoreFiles();

for (const who of ["a child", "the listener"]) {
  Deno.test({
    name: `a crash of ${who} leaves no core file` +
      (LEAVES_CORE_FILES ? "" : " (skipped: this machine puts no core file into the folder of a program)"),
    ignore: !LEAVES_CORE_FILES,
    async fn() {
      using folder = new TemporaryFolder();
      await using splitter = await Splitter.listen(["127.0.0.1:0"], { as: withCoreFiles(folder) });
      await using _caller = await SrtCaller.connect({ port: splitter.port });
      const { pid } = await splitter.event("session-start");
      const crashing = who === "a child" ? pid : splitter.pid;
      Deno.kill(crashing, "SIGABRT");
      await waitUntilGone(crashing);
      assert.deepStrictEqual(folder.names(), []);
    },
  });
}
