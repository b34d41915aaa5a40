import assert from "node:assert/strict";

import { StderrLines } from "../../mod/outputs/stderr_lines.ts";

function linesOf(parts: readonly string[], atMs: (index: number) => number = () => 0): readonly string[] {
  const lines: string[] = [];
  const splitter = new StderrLines((line) => lines.push(line));
  for (const [index, part] of parts.entries()) splitter.push(new TextEncoder().encode(part), atMs(index));
  splitter.finish(atMs(parts.length));
  return lines;
}

for (
  const [what, parts, expected] of [
    ["joins the parts of a line", ["on", "e\ntw", "o\n"], ["one", "two"]],
    ["reports a last line without an end", ["one\ntwo"], ["one", "two"]],
    ["leaves out empty lines", ["\n \none\n\n"], ["one"]],
    ["reports only the last part of a line with carriage returns", ["frame=1\rframe=2\rframe=3\n"], [
      "frame=3",
    ]],
    ["cuts a long line", [`a${"x".repeat(600)}\n`], [`a${"x".repeat(499)}`]],
    ["cuts a long line to the same length if it is read in parts", [
      `a${"x".repeat(600)}`,
      "end\n",
    ], [
      `a${"x".repeat(499)}`,
    ]],
    ["reports only what follows the last carriage return, also of a long line that is read in parts", [
      "x".repeat(600),
      "\rframe=2\r",
      "frame=3\r\n",
    ], [
      "frame=3",
    ]],
  ] as const
) {
  Deno.test(`StderrLines ${what}`, () => assert.deepEqual(linesOf(parts), expected));
}

Deno.test("StderrLines counts lines beyond 50 in 10 s", () => {
  const many = Array.from({ length: 60 }, () => "line\n");
  assert.deepEqual(linesOf(many).slice(49), ["line", "(10 more lines of its stderr are left out)"]);
  assert.equal(linesOf(many, (index) => index * 1000).length, 60);
});
