import assert from "node:assert/strict";

import { formatRate } from "../../mod/report/format_rate.ts";

for (
  const [bitsPerSecond, text] of [
    [0, "0 bit/s"],
    [12_400_000, "12.4 Mbit/s"],
    [850_400, "850 kbit/s"],
    [1e9, "1.0 Gbit/s"],
    [Number.POSITIVE_INFINITY, "0 bit/s"],
  ] as const
) {
  Deno.test(`formatRate formats ${bitsPerSecond} as ${text}`, () => assert.equal(formatRate(bitsPerSecond), text));
}
