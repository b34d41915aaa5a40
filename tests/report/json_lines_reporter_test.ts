import assert from "node:assert/strict";

import { JsonLinesReporter } from "../../mod/report/json_lines_reporter.ts";
import { CRASHED, END, LISTENING, REFUSED, START, STATS, STOPPED, STOPPING } from "./events_of_a_run.ts";

/** Returns what a reporter writes while `use` runs. */
function written(
  use: (reporter: JsonLinesReporter) => void,
  verbose = false,
): { readonly out: string; readonly err: string } {
  let out = "";
  let err = "";
  use(new JsonLinesReporter({ writeOut: (text) => (out += text), writeErr: (text) => (err += text), verbose }));
  return { out, err };
}

for (const event of [LISTENING, START, STATS, END, CRASHED, REFUSED, STOPPING, STOPPED]) {
  Deno.test(`JsonLinesReporter prints ${event.event}${"reason" in event ? ` (${event.reason})` : ""} as one line`, () => {
    const { out } = written((reporter) => reporter.report(event));
    assert.deepEqual(JSON.parse(out), event);
    assert.equal(out.indexOf("\n"), out.length - 1);
  });
}

Deno.test("JsonLinesReporter escapes hostile text without changing its value", () => {
  const stream = 'a"\\\x1b[2J\r\n\x7f\x9b\u2028\u202e\u{e0041}\ud800ä😀';
  const { out } = written((reporter) => reporter.report({ ...START, stream }));
  assert.equal(JSON.parse(out).stream, stream);
  assert.doesNotMatch(out.trimEnd(), /[\p{Cc}\p{Cf}\p{Zl}\p{Cs}]/u);
});

Deno.test("JsonLinesReporter prints warnings on stderr only", () => {
  const { out, err } = written((reporter) => reporter.warn("a\nb"));
  assert.deepEqual({ out, err }, { out: "", err: "warning: a\nhint: b\n" });
});

Deno.test("JsonLinesReporter prints details on stderr if verbose", () => {
  assert.deepEqual(written((reporter) => reporter.debug("a"), true), { out: "", err: "debug: a\n" });
});

Deno.test("JsonLinesReporter prints no details if not verbose", () => {
  assert.deepEqual(written((reporter) => reporter.debug("a")), { out: "", err: "" });
});
