/** `inspect --align` of real recordings. */

import assert from "node:assert/strict";
import { dirname } from "node:path";
import { killedRecording } from "../support/sidecars.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { MadeStream } from "../ts/made_stream.ts";

const PACE = { bitsPerSecond: 1_000_000 };

/** Records each payload from its own caller, all at the same time; returns the recordings in the order of the payloads. */
async function record(folder: TemporaryFolder, payloads: readonly Uint8Array<ArrayBuffer>[]): Promise<string[]> {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const names = payloads.map((_, index) => `cam${index}`);
  const callers = await Promise.all(names.map((streamId) => SrtCaller.connect({ port: splitter.port, streamId })));
  await Promise.all(callers.map((caller, index) => caller.send(payloads[index] ?? new Uint8Array(), PACE)));
  await Promise.all(callers.map((caller) => caller.waitUntilDelivered()));
  for (const caller of callers) caller.close();
  const files: string[] = [];
  for (const name of names) {
    const { file } = await splitter.event("session-end", ({ stream }) => stream === name);
    files.push(file ?? "");
  }
  return files;
}

Deno.test("inspect --align uses the PCR for recordings of the same stream, and the wall clock for others", async () => {
  using folder = new TemporaryFolder();
  const stream = new MadeStream().second(0);
  const { offset } = stream;
  const bytes = stream.second(1000).second(2000).bytes();
  const files = await record(folder, [bytes, bytes.slice(offset), new MadeStream().second(7_000_000).bytes()]);
  const { code, stdout } = await Splitter.run(["inspect", "--align", "--json", ...files]);
  assert.strictEqual(code, 0);
  const found = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const times = files.map((file) => JSON.parse(Deno.readTextFileSync(`${file}.json`)).firstPacket.time);
  assert.deepStrictEqual(
    found.map((alignment) => [alignment.file, alignment.by, alignment.offsetMs, alignment.firstPacket]),
    [
      [files[0], "reference", 0, times[0]],
      [files[1], "pcr", 1000, times[1]],
      [files[2], "wall-clock", Date.parse(times[2]) - Date.parse(times[0]), times[2]],
    ],
  );
  const text = await Splitter.run(["inspect", "--align", ...files]);
  assert.match(text.stdout, /^offset .*\n0\.000 s .*\n\+1\.000000 s +PCR +0\.001 ms .*\n.* s +wall clock +10 ms /);
});

Deno.test("inspect --align of an interrupted recording names the command that completes its sidecar", async () => {
  using folder = new TemporaryFolder();
  const file = await killedRecording(folder);
  const { code, stdout, stderr } = await Splitter.run(["inspect", "--align", file, file]);
  assert.deepStrictEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^error: cannot align ".*": it is still being recorded, or was interrupted\n/);
  assert.match(stderr, new RegExp(`hint: .*: srt-splitter recover ${dirname(file)}\n`));
});

for (const files of [["a.ts"], ["-", "-"]] as const) {
  Deno.test(`inspect --align ${files.join(" ")} is an error with exit code 2`, async () => {
    const { code, stderr } = await Splitter.run(["inspect", "--align", ...files]);
    assert.strictEqual(code, 2);
    assert.match(stderr, /^error: cannot (?:align one file|read "-").*\nhint: (?:give|name) /);
  });
}
