import assert from "node:assert/strict";

import { formatDuration } from "../../mod/report/format_duration.ts";

for (
  const [ms, text] of [
    [0, "0.0 s"],
    [3_440, "3.4 s"],
    [9_949, "9.9 s"],
    [9_950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min 00 s"],
    [62_000, "1 min 02 s"],
    [3_599_499, "59 min 59 s"],
    [3_599_500, "1 h 00 min"],
    [3_720_000, "1 h 02 min"],
    [86_399_499, "23 h 59 min"],
    [86_400_000, "1 d 00 h"],
    [183_600_000, "2 d 03 h"],
    [Number.NaN, "0.0 s"],
    [-5, "0.0 s"],
  ] as const
) {
  Deno.test(`formatDuration formats ${ms} ms as ${text}`, () => assert.equal(formatDuration(ms), text));
}
