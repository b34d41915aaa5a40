import assert from "node:assert/strict";

import { parseLatency } from "../../mod/cli/parse_latency.ts";
import { usageErrorOf } from "./usage_error_of.ts";

for (
  const [text, latencyMs] of [["200ms", 200], ["2s", 2000], ["0.5s", 500], ["120", 120], ["0", 0], [
    "1 min",
    60_000,
  ]] as const
) {
  Deno.test(`parseLatency reads ${JSON.stringify(text)} as ${latencyMs} ms`, () => {
    assert.deepEqual(parseLatency(text), { latencyMs, warnings: [] });
  });
}

for (const text of ["", "-5", "fast", "2 days", "1e3", "200ms200"]) {
  Deno.test(`parseLatency refuses ${JSON.stringify(text)}`, () => {
    assert.match(usageErrorOf(() => parseLatency(text)).message, /^cannot read the latency/);
  });
}

Deno.test("parseLatency warns of a bare number above 60000 and says what ffmpeg would have meant", () => {
  const { latencyMs, warnings } = parseLatency("60001");
  assert.equal(latencyMs, 60_001);
  assert.match(warnings.join(), /write 60ms/);
});

Deno.test("parseLatency does not warn of 60000", () => {
  assert.deepEqual(parseLatency("60000").warnings, []);
});

Deno.test("parseLatency does not warn of microseconds when the unit was typed", () => {
  assert.deepEqual(parseLatency("61s"), { latencyMs: 61_000, warnings: [] });
});

Deno.test("parseLatency takes the most that SRT can carry where more is asked for, and says so", () => {
  const { latencyMs, warnings } = parseLatency("2min");
  assert.equal(latencyMs, 65_535);
  assert.match(warnings.join(), /cannot carry a latency of 120000 ms/);
});
