import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { graphPaths } from "../../../mod/web/page/graph_path.ts";

const SIZE = { width: 300, height: 40 };
const NOW_MS = 1_000_000;

/** A rate `secondsAgo`. */
function rate(secondsAgo: number, bitsPerSecond: number, missingPackets = 0) {
  return { session: "s1", time: new Date(NOW_MS - secondsAgo * 1000).toISOString(), bitsPerSecond, missingPackets };
}

Deno.test("graphPaths draws 5 minutes, the highest rate at the top", () => {
  const { line, area, max } = graphPaths([rate(4, 500), rate(2, 1000), rate(0, 0)], { nowMs: NOW_MS, size: SIZE });
  strictEqual(line, "M296.0 21.0L298.0 2.0L300.0 40.0");
  strictEqual(area, "M296.0 40L296.0 21.0L298.0 2.0L300.0 40.0L300.0 40Z");
  strictEqual(max, 1000);
});

Deno.test("graphPaths leaves out rates that are older than 5 minutes, and does not connect rates across a gap", () => {
  const { line } = graphPaths([rate(301, 9000), rate(100, 1000), rate(2, 1000)], { nowMs: NOW_MS, size: SIZE });
  strictEqual(line, "M200.0 2.0M298.0 2.0");
});

Deno.test("graphPaths draws a bar for each rate with missing packets", () => {
  const { missing, missingPackets } = graphPaths([rate(4, 500, 3), rate(2, 500), rate(0, 500, 4)], {
    nowMs: NOW_MS,
    size: SIZE,
  });
  deepStrictEqual([missing, missingPackets], ["M296.0 0V40M300.0 0V40", 7]);
});

Deno.test("graphPaths draws nothing without rates", () => {
  deepStrictEqual(graphPaths([], { nowMs: NOW_MS, size: SIZE }), {
    line: "",
    area: "",
    missing: "",
    max: 0,
    missingPackets: 0,
  });
});
