/** Tests of mod/os/read_lines.ts. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { LINE_CHARACTERS as BOUND, readLines } from "../../mod/os/read_lines.ts";

/** Text longer than a line may be, in chunks. */
const CHUNKS = Array.from({ length: 5 }, () => "x".repeat(BOUND / 4));

function streamOf(...chunks: readonly (string | readonly number[])[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = chunks.map((chunk) =>
    typeof chunk === "string" ? new TextEncoder().encode(chunk) : new Uint8Array(chunk)
  );
  return ReadableStream.from(bytes);
}

async function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<readonly string[]> {
  return await Array.fromAsync(readLines(stream));
}

for (
  const [what, chunks, expected] of [
    ["lines of one chunk", ["one\ntwo\n"], ["one", "two"]],
    ["a line across chunks", ["o", "n", "e\nt", "wo\n"], ["one", "two"]],
    ["a last line without its end", ["one\ntwo"], ["one", "two"]],
    ["empty lines", ["\n\none\n\n"], ["", "", "one", ""]],
    ["an empty stream", [], []],
    ["a character across chunks", [[0xc3], [0xa9, 0x0a]], ["é"]],
    ["bytes that are not UTF-8", [[0xff, 0x61, 0x0a]], ["\ufffda"]],
    ["a carriage return, which stays", ["one\r\n"], ["one\r"]],
  ] as const
) {
  Deno.test(`readLines reads ${what}`, async () => deepStrictEqual(await linesOf(streamOf(...chunks)), expected));
}

Deno.test("readLines does not cut a line of exactly the longest length", async () => {
  const line = "x".repeat(BOUND);
  deepStrictEqual(await linesOf(streamOf(`${line}\nnext\n`)), [line, "next"]);
});

for (
  const [how, chunks] of [
    ["in one chunk", [`${"x".repeat(3 * BOUND)}\nnext\n`]],
    ["in many chunks", [...CHUNKS, "y\nnext\n"]],
    ["without an end", ["first\n", ...CHUNKS]],
  ] as const
) {
  Deno.test(`readLines cuts a line that is too long and arrives ${how}`, async () => {
    const lines = await linesOf(streamOf(...chunks));
    deepStrictEqual(lines.map((line) => line.length).filter((length) => length > 5), [BOUND]);
    ok(lines.includes("next") || lines.includes("first"));
    strictEqual(lines.some((line) => line.includes("y")), false);
  });
}

Deno.test("readLines ends when the stream breaks, and yields the last line even without a newline", async () => {
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("one\ntwo"));
    },
    pull: (controller) => controller.error(new Deno.errors.BrokenPipe("gone")),
  });
  deepStrictEqual(await linesOf(stream), ["one", "two"]);
});

Deno.test("readLines throws a TypeError of the stream, which is a bug of this program", async () => {
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.error(new TypeError("bug")),
  });
  await rejects(linesOf(stream), /bug/);
});

Deno.test("readLines cancels the stream when its reader stops early", async () => {
  let canceled = false;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => controller.enqueue(new TextEncoder().encode("line\n")),
    cancel: () => {
      canceled = true;
    },
  });
  for await (const _ of readLines(stream)) break;
  strictEqual(canceled, true);
});
