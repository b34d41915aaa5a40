import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { PassedWarnings } from "../../mod/report/passed_warnings.ts";
import { waitUntil } from "../support/processes.ts";

/** A reader of lines whose clock is set by the test, and what it has reported. */
function open() {
  const warnings: string[] = [];
  const clock = { ms: 0 };
  const passed = new PassedWarnings({ warn: (text) => warnings.push(text), now: () => clock.ms });
  return { passed, warnings, clock };
}

Deno.test("PassedWarnings reports a warning with its hints, and leaves other lines", () => {
  const { passed, warnings } = open();
  const lines = [
    "hint: a",
    "warning: no files",
    "hint: raise it",
    "  by 5",
    "error: over",
    "hint: b",
    "",
    "warning: c",
  ];
  deepStrictEqual(lines.map((line) => passed.push(line)), [false, true, true, true, false, false, false, true]);
  deepStrictEqual(warnings, ["no files\nraise it\n  by 5"]);
  passed.finish();
  deepStrictEqual(warnings.slice(1), ["c"]);
});

Deno.test("PassedWarnings reports a warning although no further line arrives, and leaves out a hint that is late", async () => {
  const { passed, warnings } = open();
  passed.push("warning: no files");
  await waitUntil("the warning", () => warnings.length === 1);
  strictEqual(passed.push("hint: raise it"), true);
  passed.finish();
  deepStrictEqual(warnings, ["no files"]);
});

Deno.test("PassedWarnings reports at most five warnings in a minute, and later how many it has left out", () => {
  const { passed, warnings, clock } = open();
  for (let at = 0; at < 8; at += 1) passed.push(`warning: w${at}`);
  passed.finish();
  deepStrictEqual(warnings, ["w0", "w1", "w2", "w3", "w4"]);
  clock.ms = 60_000;
  passed.push("warning: later");
  passed.finish();
  deepStrictEqual(warnings.slice(5), ["later\n3 earlier warnings of the same process were not shown"]);
});
