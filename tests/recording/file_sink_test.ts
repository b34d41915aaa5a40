/** Tests of mod/recording/file_sink.ts and what opens it: real files. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { basename } from "node:path";
import { FileSink } from "../../mod/recording/file_sink.ts";
import { openSink } from "../../mod/recording/open_sink.ts";
import { NullSink } from "../../mod/recording/sink.ts";
import { temporaryFolder } from "./temporary_folder.ts";

const TIME = { startMs: Date.UTC(2026, 0, 2, 3, 4, 5), utc: true };
const NAME = { name: "cam", time: TIME };
const FILE = "cam_2026-01-02_03-04-05";

function bytesFrom(start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => start + index);
}

Deno.test("FileSink.open makes the file at once, under the name of stream and time", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  deepStrictEqual([sink.file, folder.names()], [`${folder.path}/${FILE}.ts`, [`${FILE}.ts`]]);
  await sink.close();
});

Deno.test("FileSink.open never takes a name that is there, and counts on", async () => {
  using folder = temporaryFolder();
  Deno.writeTextFileSync(`${folder.path}/${FILE}.ts`, "precious");
  const sinks = [FileSink.open(folder.path, NAME), FileSink.open(folder.path, NAME)];
  for (const sink of sinks) sink.write(bytesFrom(0, 3));
  for (const sink of sinks) await sink.close();
  deepStrictEqual(sinks.map(({ file }) => basename(file ?? "")), [`${FILE}-2.ts`, `${FILE}-3.ts`]);
  strictEqual(Deno.readTextFileSync(`${folder.path}/${FILE}.ts`), "precious");
});

Deno.test("FileSink.open does not write through a link that somebody laid out, even to nowhere", async () => {
  using folder = temporaryFolder();
  Deno.symlinkSync(`${folder.path}/elsewhere`, `${folder.path}/${FILE}.ts`);
  const sink = FileSink.open(folder.path, NAME);
  sink.write(bytesFrom(0, 3));
  await sink.close();
  deepStrictEqual(folder.names(), [`${FILE}-2.ts`, `${FILE}.ts`]);
});

Deno.test("FileSink.write is in the file when it returns", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  sink.write(bytesFrom(0, 3));
  sink.write(bytesFrom(3, 2));
  deepStrictEqual([...Deno.readFileSync(sink.file ?? "")], [0, 1, 2, 3, 4]);
  strictEqual(sink.bytes, 5);
  await sink.close();
});

Deno.test("FileSink.write leaves its buffer to the caller", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  const buffer = bytesFrom(1, 3);
  sink.write(buffer);
  buffer.fill(0);
  await sink.close();
  deepStrictEqual([...Deno.readFileSync(sink.file ?? "")], [1, 2, 3]);
});

Deno.test("FileSink.write writes a view of a larger buffer only", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  sink.write(bytesFrom(0, 100).subarray(10, 12));
  await sink.close();
  deepStrictEqual([...Deno.readFileSync(sink.file ?? "")], [10, 11]);
});

Deno.test("FileSink.close keeps the file with everything in it, and once is enough", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  sink.write(new Uint8Array(1_000_000).fill(0x47));
  await sink.close();
  await sink.close();
  strictEqual(Deno.statSync(sink.file ?? "").size, 1_000_000);
});

Deno.test("FileSink.close removes a file in which nothing is", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  await sink.close();
  deepStrictEqual([sink.file, folder.names()], [null, []]);
});

Deno.test("FileSink.close bears that somebody took the empty file away", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  Deno.removeSync(sink.file ?? "");
  await sink.close();
  deepStrictEqual([sink.file, sink.gone(), folder.names()], [null, null, []]);
});

/** A sink with three bytes in its file, and the file's path. */
function sinkWithBytes(folder: string): { readonly sink: FileSink; readonly path: string } {
  const sink = FileSink.open(folder, NAME);
  sink.write(bytesFrom(0, 3));
  return { sink, path: sink.file ?? "" };
}

for (
  const [what, takeAway, words] of [
    ["removed", (path: string) => Deno.removeSync(path), /was removed or replaced .*what arrived is lost/],
    ["moved", (path: string) => Deno.renameSync(path, `${path}.moved`), /was moved or renamed .*what arrived is in it/],
    ["replaced", (path: string) => {
      Deno.copyFileSync(path, `${path}.copy`);
      Deno.renameSync(`${path}.copy`, path);
    }, /was removed or replaced .*what arrived is lost/],
  ] as const
) {
  Deno.test(`FileSink says of a file that was ${what} what became of it, and names none at the end`, async () => {
    using folder = temporaryFolder();
    const { sink, path } = sinkWithBytes(folder.path);
    strictEqual(sink.gone(), null);
    takeAway(path);
    match(sink.gone() ?? "", words);
    await sink.close();
    match(sink.gone() ?? "", words);
    deepStrictEqual([sink.file, sink.bytes], [null, 3]);
  });
}

Deno.test("FileSink says that a file is gone where its folder is", async () => {
  using folder = temporaryFolder();
  Deno.mkdirSync(`${folder.path}/out`);
  const { sink } = sinkWithBytes(`${folder.path}/out`);
  Deno.renameSync(`${folder.path}/out`, `${folder.path}/moved`);
  await sink.close();
  match(sink.gone() ?? "", /was moved or renamed/);
});

Deno.test("FileSink misses nothing of a file that was put back, or that a link leads to", async () => {
  using folder = temporaryFolder();
  const { sink, path } = sinkWithBytes(folder.path);
  Deno.renameSync(path, `${path}.moved`);
  Deno.symlinkSync(`${path}.moved`, path);
  strictEqual(sink.gone(), null);
  Deno.removeSync(path);
  Deno.renameSync(`${path}.moved`, path);
  await sink.close();
  deepStrictEqual([sink.gone(), sink.file], [null, path]);
});

Deno.test("FileSink.close leaves somebody else's file alone that took the place of an empty recording", async () => {
  using folder = temporaryFolder();
  const sink = FileSink.open(folder.path, NAME);
  Deno.removeSync(sink.file ?? "");
  Deno.writeTextFileSync(sink.file ?? "", "precious");
  await sink.close();
  deepStrictEqual([sink.file, sink.gone(), folder.names()], [null, null, [`${FILE}.ts`]]);
});

Deno.test("openSink opens a file named after the request", async () => {
  using folder = temporaryFolder();
  const sink = openSink({ kind: "file", directory: folder.path, name: "../cam", utc: true }, TIME.startMs);
  strictEqual(sink.file, `${folder.path}/${FILE}.ts`);
  await sink.close();
});

Deno.test("a sink that keeps nothing counts", async () => {
  const sink = openSink({ kind: "none" }, TIME.startMs);
  for (const length of [3, 4]) sink.write(new Uint8Array(length));
  await sink.close();
  deepStrictEqual([sink instanceof NullSink, sink.file, sink.bytes], [true, null, 7]);
});
