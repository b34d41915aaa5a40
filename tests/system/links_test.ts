/** Symbolic links in the folder of recordings: nothing is written to their targets. */

import assert from "node:assert/strict";
import { recordingFileName } from "../../mod/recording/file_name.ts";
import { namesOf } from "../recording/names_of.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { makePayload } from "../support/payload.ts";
import { killedRecording } from "../support/sidecars.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const PACE = { bitsPerSecond: 8_000_000 };
/** Links are created for every second of this time. */
const SECONDS = 30;

for (const ending of ["", ".json", ".json.part"]) {
  Deno.test(`nothing is written through a link in place of NAME.ts${ending}, and the recording gets another name`, async () => {
    using folder = new TemporaryFolder();
    using elsewhere = new TemporaryFolder();
    const target = elsewhere.file("precious");
    Deno.writeTextFileSync(target, "precious");
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--utc"]);
    const nowMs = Date.now();
    for (let second = 0; second < SECONDS; second += 1) {
      const name = recordingFileName({ ...namesOf("cam1"), startMs: nowMs + second * 1000, segment: 1 });
      Deno.symlinkSync(target, folder.file(`${name}${ending}`));
    }
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    const payload = makePayload(20);
    await caller.send(payload, PACE);
    await caller.waitUntilDelivered();
    caller.close();
    const { file, reason } = await splitter.event("session-end");
    assert.strictEqual(reason, "caller-closed");
    assert.match(file ?? "", /-2\.ts$/);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    assert.strictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)).state, "final");
    assert.strictEqual(Deno.readTextFileSync(target), "precious");
    assert.deepStrictEqual(splitter.errors, []);
  });
}

Deno.test("recover does not write through a link in place of the .json.part file of a killed session", async () => {
  using folder = new TemporaryFolder();
  using elsewhere = new TemporaryFolder();
  const target = elsewhere.file("precious");
  Deno.writeTextFileSync(target, "precious");
  const file = await killedRecording(folder);
  Deno.removeSync(`${file}.json.part`);
  Deno.symlinkSync(target, `${file}.json.part`);
  const { stdout } = await Splitter.run(["recover", folder.path]);
  assert.match(stdout, /1 recovered/);
  assert.strictEqual(Deno.readTextFileSync(target), "precious");
  assert.strictEqual(Deno.lstatSync(`${file}.json`).isFile, true);
});

Deno.test("recover ignores a sidecar that is a link", async () => {
  using folder = new TemporaryFolder();
  using elsewhere = new TemporaryFolder();
  const file = await killedRecording(folder);
  Deno.renameSync(`${file}.json`, elsewhere.file("moved.json"));
  Deno.symlinkSync(elsewhere.file("moved.json"), `${file}.json`);
  const before = Deno.readTextFileSync(elsewhere.file("moved.json"));
  const { stdout } = await Splitter.run(["recover", folder.path]);
  assert.match(stdout, /^0 recovered/);
  assert.strictEqual(Deno.readTextFileSync(elsewhere.file("moved.json")), before);
});
