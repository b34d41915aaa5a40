import assert from "node:assert/strict";

import { parseStatsInterval } from "../../mod/cli/parse_stats_interval.ts";
import { usageErrorOf } from "./usage_error_of.ts";

for (
  const [text, ms] of [["5s", 5000], ["100ms", 100], ["1min", 60_000], ["1m", 60_000], ["24h", 86_400_000]] as const
) {
  Deno.test(`parseStatsInterval reads ${text} as ${ms} ms`, () => assert.equal(parseStatsInterval(text), ms));
}

for (const text of ["0", "0s"]) {
  Deno.test(`parseStatsInterval reads ${text} as never`, () => assert.equal(parseStatsInterval(text), null));
}

for (
  const [text, problem] of [
    ["5", /needs a unit/],
    ["99ms", /too often/],
    ["25h", /too seldom/],
    ["often", /no duration/],
  ] as const
) {
  Deno.test(`parseStatsInterval refuses ${text}`, () => {
    assert.match(usageErrorOf(() => parseStatsInterval(text)).message, problem);
  });
}
