/** Tests of mod/door/flood_report.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { FloodReport } from "../../mod/door/flood_report.ts";

Deno.test("FloodReport reports the start and the end of a flood once each", () => {
  const warnings: string[] = [];
  const flood = new FloodReport((text) => warnings.push(text));
  for (const nowMs of [0, 10, 20]) flood.addChallenge(nowMs);
  deepStrictEqual([5019, 5020, 5021, 60_000].map((nowMs) => flood.endIfCalm(nowMs)), [false, true, false, false]);
  strictEqual(warnings.length, 2);
  match(warnings[0] ?? "", /^handshake flood: new callers must return a cookie/);
  strictEqual(warnings[1], "handshake flood ended; 3 handshakes got a cookie");
});

Deno.test("FloodReport counts the handshakes of each flood", () => {
  const warnings: string[] = [];
  const flood = new FloodReport((text) => warnings.push(text));
  flood.addChallenge(0);
  flood.endIfCalm(5000);
  flood.addChallenge(6000);
  flood.endIfCalm(11_000);
  deepStrictEqual([warnings.length, warnings[3]?.includes("; 1 handshake ")], [4, true]);
});
