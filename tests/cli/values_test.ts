import assert from "node:assert/strict";

import {
  parseChoice,
  parseCount,
  parseIdle,
  parseLatency,
  parsePath,
  parseRate,
  parseStatsInterval,
  parseTime,
} from "../../mod/cli/values.ts";
import { valueErrorOf } from "./thrown_by.ts";

const ARGUMENT = { kind: "argument", name: "--out" } as const;

/** A parser, a text, and its value. */
const READ: readonly (readonly [(text: string) => unknown, string, unknown])[] = [
  [parseLatency, "200ms", 200],
  [parseLatency, "2s", 2000],
  [parseLatency, "0.5s", 500],
  [parseLatency, "120", 120],
  [parseLatency, "0", 0],
  [parseLatency, "60000", 60_000],
  [parseLatency, "1 min", 60_000],
  [parseStatsInterval, "5s", 5000],
  [parseStatsInterval, "100ms", 100],
  [parseStatsInterval, "1m", 60_000],
  [parseStatsInterval, "24h", 86_400_000],
  [parseStatsInterval, "0", 0],
  [parseStatsInterval, "0s", 0],
  [parseIdle, "1s", 1000],
  [parseIdle, "0", 0],
  [parseTime, "1.5min", 90_000],
  [parseCount(8), "8", 8],
  [parseRate, "2.5Mbit/s", 2_500_000],
  [parseChoice(["a", "b"]), "b", "b"],
];

for (const [parse, text, value] of READ) {
  Deno.test(`${parse.name || "a parser"} reads ${JSON.stringify(text)} as ${value}`, () => {
    assert.strictEqual(parse(text), value);
  });
}

/** A parser, a text, and the problem with it. */
const REFUSED: readonly (readonly [(text: string) => unknown, string, RegExp])[] = [
  ...["", "-5", "fast", "2 days", "1e3", "200ms200", "5constructor"].map((text) =>
    [parseLatency, text, /^it is not a time$/] as const
  ),
  [parseLatency, "60001", /^the limit is 60000 ms, which libsrt can buffer at 200 Mbit\/s \(a bare number is in ms\)$/],
  [parseLatency, "61s", /^the limit is 60000 ms, which libsrt can buffer at 200 Mbit\/s$/],
  [parseLatency, "0.5", /^a bare number is in milliseconds, and SRT carries whole milliseconds only$/],
  [parseLatency, "0.5ms", /^SRT carries whole milliseconds only$/],
  [parseStatsInterval, "5", /^it needs a unit$/],
  [parseStatsInterval, "99ms", /^it is too short$/],
  [parseStatsInterval, "25h", /^it is too long$/],
  [parseStatsInterval, "often", /^it is not a time$/],
  [parseIdle, "999ms", /^it is too short$/],
  [parseTime, "0s", /^it is too short$/],
  [parseTime, "30", /^it needs a unit$/],
  [parseCount(8), "9", /^it is not a whole number from 1 to 8$/],
  [parseCount(8), "many", /^it is not a whole number from 1 to 8$/],
  [parseRate, "8", /^it is not a rate with its unit$/],
  [parseRate, "1bps", /^the range is 1kbps to 10Gbps$/],
  [parseChoice(["a", "b"]), "c", /^there is no such choice$/],
  [(text) => parsePath(text, ARGUMENT), "", /^it is empty$/],
];

for (const [parse, text, problem] of REFUSED) {
  Deno.test(`${parse.name || "a parser"} refuses ${JSON.stringify(text)} with a hint`, () => {
    const { message, hint } = valueErrorOf(() => parse(text));
    assert.match(message, problem);
    assert.notStrictEqual(hint, "");
  });
}

/** A latency that is refused, and the value that the hint suggests. */
const MEANT: readonly (readonly [string, string])[] = [["200000", "200ms"], ["0.5", "0.5s"], ["61s", "60s"]];

for (const [text, meant] of MEANT) {
  Deno.test(`parseLatency suggests ${meant} for ${text}`, () => {
    assert.ok(valueErrorOf(() => parseLatency(text)).hint.includes(meant));
  });
}

Deno.test("parsePath resolves a path of a configuration file against the folder of the file", () => {
  const place = { kind: "entry", path: "/etc/srt/splitter.toml", line: 1, key: "out" } as const;
  assert.strictEqual(parsePath("rec", place), "/etc/srt/rec");
});
