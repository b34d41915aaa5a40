/** The help and the manual, as users see them. */

import assert from "node:assert/strict";
import { Splitter, splitterCommand } from "../support/splitter.ts";
import { Terminal } from "../support/terminal.ts";

Deno.test("without a command a short usage is printed on stderr, with exit code 2", async () => {
  const { code, stdout, stderr } = await Splitter.run([]);
  assert.deepStrictEqual([code, stdout], [2, ""]);
  assert.match(stderr, /\nUsage: srt-splitter COMMAND \[OPTIONS\]\n/);
});

Deno.test("help lists commands and pages of the manual", async () => {
  const { code, stdout } = await Splitter.run(["help"]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /\nCommands:\n {2}listen [^]*\nManual:\n[^]*\n {2}configuration {2,}Configuration file\n/);
});

Deno.test("help TOPIC prints a page, folded for 80 columns", async () => {
  const { code, stdout } = await Splitter.run(["help", "configuration"]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /^CONFIGURATION FILE\n\n[^]*\n {4}\[\[stream\]\]\n/);
  assert.deepStrictEqual(stdout.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("help on an unknown topic suggests the nearest one", async () => {
  const { code, stderr } = await Splitter.run(["help", "configuraton"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: there is no help on "configuraton"\nhint: did you mean configuration\? /);
});

Deno.test("completions prints a script", async () => {
  const { code, stdout } = await Splitter.run(["completions", "bash"]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /\ncomplete .* srt-splitter\n$/);
});

Deno.test("a page that does not fit a terminal is shown one screen at a time", async () => {
  const { file, args } = splitterCommand(["help", "configuration"]);
  await using terminal = await Terminal.start([file, ...args], { columns: 80, rows: 24 });
  const first = await terminal.until("the first screen", (rows) => rows.some((row) => row.startsWith("-- more --")));
  assert.strictEqual(first[0], "CONFIGURATION FILE");
  await terminal.type("Space");
  await terminal.until(
    "the second screen",
    (rows) => rows[0] !== first[0] && rows.some((row) => row.startsWith("-- more")),
  );
  await terminal.type("q");
  const last = await terminal.until("the end", (rows) => rows.some((row) => row.startsWith("exit code 0")));
  assert.ok(!last.some((row) => row.startsWith("-- more --")));
});
