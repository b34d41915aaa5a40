/** Tests of mod/run/recent_figures.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { RecentWindow } from "../../mod/run/recent_figures.ts";
import { STATISTICS } from "../report/events_of_a_run.ts";

/** The figures after samples of time in s, Mbit of payload so far, packets lost and packets dropped so far. */
function figuresOf(samples: readonly (readonly [number, number, number, number])[]): readonly number[] {
  const window = new RecentWindow();
  const figures = samples.map(([seconds, megabits, pktRcvLossTotal, pktRcvDropTotal]) =>
    window.add({
      durationMs: seconds * 1000,
      bytes: megabits * 125_000,
      bitsPerSecond: 0,
      statistics: { ...STATISTICS, pktRcvLossTotal, pktRcvDropTotal },
    })
  ).at(-1);
  return [(figures?.bitsPerSecond ?? 0) / 1e6, figures?.recoveredPackets ?? 0, figures?.missingPackets ?? 0];
}

for (
  const [what, samples, expected] of [
    ["since the start of a young session", [[1, 4, 3, 1], [2, 8, 5, 1]], [4, 4, 1]],
    ["of the last 10 s only", [[1, 1, 50, 20], [2, 2, 50, 20], [12, 102, 53, 20], [13, 112, 60, 21]], [10, 9, 1]],
    ["of payload that has stopped", [[1, 4, 0, 0], [2, 8, 0, 0], [12, 8, 0, 0]], [0, 0, 0]],
    [
      "of a session that reports ten times a second",
      Array.from(
        { length: 200 },
        (_, index) => [(index + 1) / 10, (index + 1) / 10, 0, 0] as const,
      ),
      [1, 0, 0],
    ],
    [
      "without a negative count",
      [[1, 1, 5, 0], [12, 2, 6, 4]],
      [1 / 11, 0, 4],
    ],
  ] as const
) {
  Deno.test(`RecentWindow returns the figures ${what}`, () => {
    deepStrictEqual(
      figuresOf(samples).map((value) => Math.round(value * 100)),
      expected.map((value) => Math.round(value * 100)),
    );
  });
}

Deno.test("RecentWindow does not regard what an adopted session had before as recent", () => {
  const window = new RecentWindow({ adopted: true });
  const sample = { durationMs: 60_000, bytes: 7_500_000, bitsPerSecond: 2_000_000, statistics: STATISTICS };
  deepStrictEqual(window.add(sample), { bitsPerSecond: 2_000_000, recoveredPackets: 0, missingPackets: 0 });
});
