/** The children of a listener that runs from source: with the bundle of their modules, and without it. */
import assert from "node:assert/strict";
import { bundleSession } from "../../scripts/bundle_session.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { breakModules, copyProgram } from "../support/copy_program.ts";
import { processFile } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { RepeatedSending } from "../support/repeated_sending.ts";
import { sparesOf, waitForSpares } from "../support/spares.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Returns the main module of a child: the argument before its role. */
function moduleOf(pid: number): string | undefined {
  const args = processFile(pid, "cmdline").split("\0");
  return args[args.indexOf("session") - 1];
}

Deno.test({
  name: "children run the bundle, and do not need their modules any more, even to cut and to end a recording",
  ignore: EXECUTABLE !== null, // an executable contains its modules
  fn: async () => {
    using program = new TemporaryFolder();
    using folder = new TemporaryFolder();
    copyProgram(program.path, ["scripts"]);
    await bundleSession(program.path);
    const options = ["--out", folder.path, "--checksum", "sha256", "--stats", "500ms", "--verbose", "--spares", "1"];
    await using splitter = await Splitter.listen(["127.0.0.1:0", ...options], { root: `${program.path}/` });
    await waitForSpares(splitter, 1);
    const bundle = `file://${program.path}/dist/session/child.js`;
    assert.deepStrictEqual(sparesOf(splitter).map(moduleOf), [bundle]);
    breakModules(`${program.path}/mod`);
    breakModules(`${program.path}/workers`);
    await using first = await SrtCaller.connect({ port: splitter.port, latencyMs: SAFE_LATENCY_MS, streamId: "first" });
    await using second = await SrtCaller.connect({
      port: splitter.port,
      latencyMs: SAFE_LATENCY_MS,
      streamId: "second",
    });
    const part = new Uint8Array(1316 * 200).map((_, at) => at % 251); // no transport stream: it can be cut anywhere
    for (const [name, caller] of [["first", first], ["second", second]] as const) {
      const { session, pid } = await splitter.event("session-start", ({ stream }) => stream === name);
      assert.strictEqual(moduleOf(pid), bundle);
      await using sending = new RepeatedSending(caller, part);
      await splitter.event("stats", (stats) => stats.session === session && stats.bytes > 0);
      const cut = await Splitter.run(["cut", session, "--listener", `127.0.0.1:${splitter.port}`]);
      assert.deepStrictEqual([cut.code, cut.stderr], [0, ""]);
      const parts = await sending.stop();
      await caller.waitUntilDelivered();
      caller.close();
      const { reason, files } = await splitter.event("session-end", (end) => end.session === session);
      assert.deepStrictEqual([reason, files.length], ["caller-closed", 2]);
      assertSameBytes(readAll(files), new Uint8Array(await new Blob(Array(parts).fill(part)).arrayBuffer()));
    }
    assert.strictEqual(await splitter.stop(), 0);
    assert.strictEqual(Deno.readTextFileSync(folder.file("recordings.sha256")).trimEnd().split("\n").length, 4);
  },
});

Deno.test({
  name:
    "while a listener runs, the bundle can be removed, made again and damaged: sessions run it only if it is complete",
  ignore: EXECUTABLE !== null,
  fn: async () => {
    using program = new TemporaryFolder();
    copyProgram(program.path, ["scripts"]);
    const bundle = `${program.path}/dist/session/child.js`;
    const modules = `${program.path}/workers/child.ts`;
    await bundleSession(program.path);
    const args = ["127.0.0.1:0", "--spares", "0"];
    await using splitter = await Splitter.listen(args, { root: `${program.path}/` });
    const sessionRuns = async (streamId: string, module: string) => {
      await using _caller = await SrtCaller.connect({ port: splitter.port, streamId });
      const { pid } = await splitter.event("session-start", ({ stream }) => stream === streamId);
      assert.strictEqual(moduleOf(pid), `file://${module}`);
    };
    await sessionRuns("complete", bundle);
    Deno.removeSync(`${program.path}/dist`, { recursive: true });
    await sessionRuns("removed", modules);
    await bundleSession(program.path);
    await sessionRuns("again", bundle);
    Deno.writeTextFileSync(bundle, "damaged");
    await sessionRuns("damaged", modules);
  },
});

Deno.test({
  name: "an error of the program is quoted without colors",
  ignore: EXECUTABLE !== null,
  fn: async () => {
    using program = new TemporaryFolder();
    copyProgram(program.path);
    Deno.writeTextFileSync(`${program.path}/mod/session/record_session.ts`, 'throw new TypeError("broken");');
    const args = ["127.0.0.1:0", "--spares", "0"];
    await using splitter = await Splitter.listen(args, { root: `${program.path}/` });
    await using _caller = await SrtCaller.connect({ port: splitter.port });
    const { reason } = await splitter.event("session-end");
    assert.strictEqual(reason, "crashed");
    await splitter.stop();
    assert.ok(
      splitter.errors.includes("warning: s1: error: Uncaught (in promise) TypeError: broken"),
      splitter.errors[0],
    );
  },
});

Deno.test({
  name: "children read their modules if one has changed since the bundle was made",
  ignore: EXECUTABLE !== null,
  fn: async () => {
    using program = new TemporaryFolder();
    copyProgram(program.path, ["scripts"]);
    await bundleSession(program.path);
    const module = `${program.path}/mod/session/run_session.ts`;
    Deno.writeTextFileSync(module, `${Deno.readTextFileSync(module)}\n// changed\n`);
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"], { root: `${program.path}/` });
    await using _caller = await SrtCaller.connect({ port: splitter.port });
    const { pid } = await splitter.event("session-start");
    assert.strictEqual(moduleOf(pid), `file://${program.path}/workers/child.ts`);
  },
});
