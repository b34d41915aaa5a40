/** Tests of mod/admission/take_overs.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { TakeOvers } from "../../mod/admission/take_overs.ts";

const ONE = { address: "192.0.2.1", port: 5000 };
const OTHER = { address: "192.0.2.2", port: 6000 };
const NEIGHBOR = { address: "192.0.2.1", port: 7000 };

/** Take-overs of `cam1` at these times, by two callers in turn. */
function contest(timesMs: readonly number[], [one, other] = [ONE, OTHER]): TakeOvers {
  const takeOvers = new TakeOvers();
  timesMs.forEach((nowMs, index) => {
    const [from, by] = index % 2 === 0 ? [one, other] : [other, one];
    if (from !== undefined && by !== undefined) takeOvers.add({ stream: "cam1", from, by }, nowMs);
  });
  return takeOvers;
}

/** Until when a caller is refused, in steps of 1 s; 0: not at all. */
function refusedUntil(takeOvers: TakeOvers, fromMs: number): number {
  let nowMs = fromMs;
  while (takeOvers.judge("cam1", nowMs) !== null) nowMs += 1000;
  return nowMs === fromMs ? 0 : nowMs;
}

Deno.test("TakeOvers allows a third take-over of a name within a minute", () => {
  strictEqual(contest([0, 1000]).judge("cam1", 1001), null);
});

Deno.test("after three take-overs, TakeOvers refuses the next one for ten seconds, and names both addresses and what to do", () => {
  const takeOvers = contest([0, 1000, 2000]);
  const refused = takeOvers.judge("cam1", 2000);
  strictEqual(refused?.reason, 1409);
  match(
    refused?.text ?? "",
    /: 192\.0\.2\.1 port 5000 and 192\.0\.2\.2 port 6000; the name cannot be taken over for up to 10 s$/,
  );
  match(refused?.advice ?? "", /give each encoder a stream name of its own/);
  strictEqual(refusedUntil(takeOvers, 2000), 12_000);
  deepStrictEqual([takeOvers.judge("cam2", 2000), takeOvers.judge(null, 2000)], [null, null]);
});

Deno.test("TakeOvers ignores callers that reconnect every 30 s", () => {
  strictEqual(refusedUntil(contest([0, 30_000, 60_000, 90_000, 120_000]), 120_000), 0);
});

Deno.test("TakeOvers blocks a name twice as long each time the contest continues, up to 320 s", () => {
  const takeOvers = contest([0, 0, 0]);
  const blockSeconds: number[] = [];
  let nowMs = 0;
  for (let time = 0; time < 7; time += 1) {
    const untilMs = refusedUntil(takeOvers, nowMs);
    blockSeconds.push((untilMs - nowMs) / 1000);
    nowMs = untilMs + 1000;
    takeOvers.add({ stream: "cam1", from: ONE, by: OTHER }, nowMs);
  }
  deepStrictEqual(blockSeconds, [10, 20, 40, 80, 160, 320, 320]);
});

Deno.test("TakeOvers forgets a contest one minute after its end", () => {
  const takeOvers = contest([0, 0, 0]);
  takeOvers.add({ stream: "cam1", from: ONE, by: OTHER }, 70_000);
  strictEqual(takeOvers.judge("cam1", 70_000), null);
});

Deno.test("TakeOvers allows six take-overs of a name within a minute if all callers have the same address", () => {
  const timesMs = [0, 1000, 2000, 3000, 4000];
  strictEqual(contest(timesMs, [ONE, NEIGHBOR]).judge("cam1", 4000), null);
  strictEqual(refusedUntil(contest([...timesMs, 5000], [ONE, NEIGHBOR]), 5000), 15_000);
});
