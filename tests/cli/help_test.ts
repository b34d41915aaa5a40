import assert from "node:assert/strict";

import { termsFor } from "../../mod/admission/policy.ts";
import { parseCommandLine } from "../../mod/cli/command_line.ts";
import { COMMANDS } from "../../mod/cli/commands.ts";
import { helpText, usageText } from "../../mod/cli/help.ts";
import { HOOK_KEYS, LISTEN_OPTIONS } from "../../mod/cli/listen_options.ts";
import { formsOf } from "../../mod/cli/option.ts";
import { parseIdle } from "../../mod/cli/values.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import { policyOf } from "../admission/policy_of.ts";
import { SOURCES } from "./sources.ts";

function helpOf(argv: readonly string[]): string {
  const line = parseCommandLine(argv, SOURCES);
  assert.ok(line.command === "help", `not help but ${line.command}`);
  return helpText(line.of);
}

for (const argv of [["--help"], ["-h"], ["--help", "listen"]]) {
  Deno.test(`parseCommandLine answers ${argv.join(" ")} with the help of the program`, () => {
    assert.match(
      helpOf(argv),
      /^Records many[^]*\n\nUsage: srt-splitter COMMAND \[OPTIONS\]\n\nCommands:\n {2}listen [^]*Examples:\n {2}srt-splitter listen/,
    );
  });
}

for (const argv of [["listen", "--help"], ["listen", ":1", "-vh"], ["listen", "--bogus", "-h"], ["help", "listen"]]) {
  Deno.test(`parseCommandLine answers ${argv.join(" ")} with the help of listen`, () => {
    assert.match(
      helpOf(argv),
      /^Records every[^]*Usage: srt-splitter listen \[OPTIONS\] \[ADDRESS\]\n[^]*Admission:\n[^]*--max-sessions N[^]*Examples:/,
    );
  });
}

for (const command of Object.keys(COMMANDS)) {
  Deno.test(`parseCommandLine keeps the help of ${command} within 80 columns`, () => {
    assert.deepEqual(helpOf([command, "--help"]).split("\n").filter((line) => line.length > 80), []);
  });
}

Deno.test("parseCommandLine keeps the help of the program within 80 columns", () => {
  assert.deepEqual(helpOf(["--help"]).split("\n").filter((line) => line.length > 80), []);
});

Deno.test("parseCommandLine answers an empty command line with a short usage that fits a terminal of 24 rows", () => {
  const line = parseCommandLine([], SOURCES);
  assert.ok(line.command === "usage");
  const text = usageText();
  assert.match(text, /\nUsage: srt-splitter COMMAND \[OPTIONS\]\n/);
  assert.ok(text.split("\n").length <= 24);
});

Deno.test("the help of record has its groups of options in the same order as that of listen", () => {
  const groups = (text: string) => [...text.matchAll(/^([A-Z].*):$/gm)].map(([, title]) => title);
  const titles = ["Options", "Recording", "Connection", "Admission", "Hooks", "Web", "Output", "Scripts and CI"];
  assert.deepStrictEqual(groups(helpText("listen")), ["Arguments", ...titles, "Examples", "Exit codes"]);
  const ofRecord = titles.filter((title) => title !== "Admission");
  assert.deepStrictEqual(groups(helpText("record")), ["Arguments", ...ofRecord, "Examples", "Exit codes"]);
});

/** The smallest and the largest value that a help text names; undefined if it names none. */
function limitsIn(help: string): readonly [least: string | undefined, most: string | undefined] {
  const [, from, to] = /(\d+[a-z]+) to (\d+[a-z]+)/.exec(help) ?? [];
  return [from ?? /at least (\d+\w*)/.exec(help)?.[1], to ?? /at most (\d+\w*)/.exec(help)?.[1]];
}

/** Multiplies the number at the beginning of a text. */
function scaled(text: string, factor: number): string {
  return text.replace(/^\d+/, (digits) => String(Number(digits) * factor));
}

Deno.test("the help of listen names the limits of times, sizes and numbers", () => {
  const place = { kind: "argument", name: "" } as const;
  const named: string[] = [];
  for (const { form: { flags, help, parse } } of formsOf({ ...LISTEN_OPTIONS, timeout: HOOK_KEYS.timeoutMs })) {
    const [least, most] = limitsIn(help);
    if (least === undefined && most === undefined) continue;
    named.push(flags);
    for (const [limit = "", factor] of [[least, 0.99], [most, 1.01]] as const) {
      if (limit === "") continue;
      assert.doesNotThrow(() => parse?.(limit, place), flags);
      assert.throws(() => parse?.(scaled(limit, factor), place), flags);
    }
  }
  assert.deepStrictEqual(named.map((flags) => flags.split(" ")[0]), [
    "--rejoin",
    "--segment",
    "--segment-size",
    "--keep",
    "--keep-size",
    "--min-free",
    "--latency",
    "--idle",
    "--spares",
    "--hooks-at-once",
    "--hook-timeout",
    "--stats",
    "timeout",
  ]);
});

Deno.test("the help of listen has no angle brackets around the names of values", () => {
  const terms = helpOf(["listen", "--help"]).split("\n").filter((line) => /^ +(?:-\w, )?--/.test(line));
  assert.deepEqual(terms.filter((line) => /[<>]/.test(line)), []);
});

Deno.test("the defaults of --idle and --on-return in the help of listen are those of admission", () => {
  const { idleMs, onReturn } = LISTEN_OPTIONS;
  const terms = termsFor(policyOf(), parseStreamId(null));
  assert.strictEqual(parseIdle(idleMs.forms[0]?.default ?? ""), terms.idleMs);
  assert.strictEqual(onReturn.forms[0]?.default, terms.onReturn);
});
