/** A listener that runs from source, without a bundle of children, while an update replaces the files of its program. */
import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { breakModules, copyProgram } from "../support/copy_program.ts";
import { readAll } from "../support/read_all.ts";
import { RepeatedSending } from "../support/repeated_sending.ts";
import { waitForSpares } from "../support/spares.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

for (const spares of [0, 1]) {
  Deno.test({
    name:
      `a running session is cut and ends as usual after the files of the program were replaced (--spares ${spares})`,
    ignore: EXECUTABLE !== null, // an executable contains its modules
    fn: async () => {
      using program = new TemporaryFolder();
      using folder = new TemporaryFolder();
      copyProgram(program.path);
      const options = ["--out", folder.path, "--checksum", "sha256", "--stats", "500ms", "--verbose"];
      const args = ["127.0.0.1:0", ...options, "--spares", `${spares}`];
      await using splitter = await Splitter.listen(args, { root: `${program.path}/` });
      await waitForSpares(splitter, spares);
      await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: SAFE_LATENCY_MS });
      const part = new Uint8Array(1316 * 200).map((_, at) => at % 251); // no transport stream: it can be cut anywhere
      await using sending = new RepeatedSending(caller, part);
      // by then, it has loaded what it needs later
      await splitter.event("stats", ({ bytes }) => bytes > 0 && splitter.eventsNamed("stats").length >= 3);
      breakModules(program.path);
      const cut = await Splitter.run(["cut", "s1", "--listener", `127.0.0.1:${splitter.port}`]);
      assert.deepStrictEqual([cut.code, cut.stderr], [0, ""]);
      const parts = await sending.stop();
      await caller.waitUntilDelivered();
      caller.close();
      const { reason, files } = await splitter.event("session-end");
      assert.deepStrictEqual([reason, files.length], ["caller-closed", 2]);
      assertSameBytes(readAll(files), new Uint8Array(await new Blob(Array(parts).fill(part)).arrayBuffer()));
      assert.strictEqual(await splitter.stop(), 0);
      assert.strictEqual(Deno.readTextFileSync(folder.file("recordings.sha256")).trimEnd().split("\n").length, 2);
    },
  });
}

Deno.test({
  name: "cut reports a module that cannot be loaded, and the session continues",
  ignore: EXECUTABLE !== null,
  fn: async () => {
    using program = new TemporaryFolder();
    using folder = new TemporaryFolder();
    copyProgram(program.path);
    Deno.removeSync(`${program.path}/mod/ts/cut_finder.ts`);
    const args = ["127.0.0.1:0", "--out", folder.path, "--stats", "100ms", "--spares", "0"];
    await using splitter = await Splitter.listen(args, { root: `${program.path}/` });
    await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: SAFE_LATENCY_MS });
    const part = new Uint8Array(1316 * 200);
    await using sending = new RepeatedSending(caller, part);
    await splitter.event("stats", ({ bytes }) => bytes > 0);
    const cut = await Splitter.run(["cut", "s1", "--listener", `127.0.0.1:${splitter.port}`]);
    assert.strictEqual(cut.code, 1);
    assert.match(
      cut.stderr,
      /s1 was not cut: a module of srt-splitter cannot be loaded \(.*cut_finder\.ts.*\); install it again/,
    );
    const parts = await sending.stop();
    await caller.waitUntilDelivered();
    caller.close();
    const { reason, bytes } = await splitter.event("session-end");
    assert.deepStrictEqual([reason, bytes], ["caller-closed", parts * part.length]);
  },
});
