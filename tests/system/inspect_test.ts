/** `inspect`: TS health of files, as text and as JSON. */

import assert from "node:assert/strict";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { AUDIO_PID, MadeStream } from "../ts/made_stream.ts";

/** Two seconds of a service with a damaged sync byte between them, and the offset of that byte. */
function damagedStream(): readonly [Uint8Array<ArrayBuffer>, number] {
  const stream = new MadeStream().second(0);
  const { offset } = stream;
  stream.packet(AUDIO_PID, { change: (packet) => packet[0] = 0 });
  return [stream.second(1000).bytes(), offset];
}

Deno.test("inspect --json prints the result of the analysis, one line for each file", async () => {
  using folder = new TemporaryFolder();
  const [bytes] = damagedStream();
  Deno.writeFileSync(folder.file("a.ts"), bytes);
  Deno.writeTextFileSync(folder.file("b.txt"), "text\n");
  const { code, stdout } = await Splitter.run(["inspect", "--json", folder.file("a.ts"), folder.file("b.txt")]);
  assert.strictEqual(code, 0);
  const analyzer = new TsAnalyzer();
  analyzer.push(bytes);
  const [first, second, ...rest] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepStrictEqual(first, { file: folder.file("a.ts"), ts: analyzer.report() });
  assert.deepStrictEqual([second.ts.payload, second.ts.format, rest], ["unknown", "text", []]);
});

Deno.test("inspect prints errors with their first offset, services and PIDs", async () => {
  using folder = new TemporaryFolder();
  const [bytes, offset] = damagedStream();
  Deno.writeFileSync(folder.file("a.ts"), bytes);
  const { stdout } = await Splitter.run(["inspect", folder.file("a.ts")]);
  assert.match(stdout, /a\.ts: TS, 47\.2 kB, 251 packets, 2\.0 s, .*, 1 first-priority error\n/);
  assert.match(stdout, new RegExp(`\\nsync byte damaged +1 +${offset}\\n`));
  assert.match(stdout, /\nPMT of program 1 +50 +40 ms +40 ms\n/);
  assert.match(stdout, /\n0x0100 +100 +0 +0 +H\.264 video of program 1; PCR, longest interval 40 ms\n/);
});

Deno.test("inspect names the format of a file that is not TS", async () => {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a.mkv"), new Uint8Array([0x1a, 0x45, 0xdf, 0xa3, ...new Array(100_000).fill(1)]));
  const { code, stdout } = await Splitter.run(["inspect", folder.file("a.mkv")]);
  assert.deepStrictEqual([code, stdout], [
    0,
    `${folder.file("a.mkv")}: no TS in 100 kB; format: Matroska or WebM\n`,
  ]);
});

Deno.test("inspect of a missing file is an error with exit code 2", async () => {
  const { code, stderr } = await Splitter.run(["inspect", "/nowhere/a.ts"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot read "\/nowhere\/a\.ts": there is no such file\nhint: name files/);
});

Deno.test("inspect of a folder is an error with exit code 2", async () => {
  using folder = new TemporaryFolder();
  const { code, stderr } = await Splitter.run(["inspect", folder.path]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot read .*: it is a folder\nhint: name files/);
});

Deno.test("inspect without a file names its help", async () => {
  const { code, stderr } = await Splitter.run(["inspect"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /srt-splitter inspect --help/);
});

Deno.test("recover of a missing folder is an error with exit code 2", async () => {
  const { code, stderr } = await Splitter.run(["recover", "/nowhere"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot read the folder "\/nowhere": there is no such folder\nhint: name the folder/);
});

Deno.test("recover of two folders is a usage error", async () => {
  const { code, stderr } = await Splitter.run(["recover", "a", "b"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /usage: srt-splitter recover FOLDER/);
});
