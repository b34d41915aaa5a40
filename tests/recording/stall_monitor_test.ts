import assert from "node:assert/strict";

import { StallMonitor } from "../../mod/recording/stall_monitor.ts";

/** What the monitor reports at each check. `behindSinceMs`: since when the disk is behind, or Infinity. One byte is dropped each ms. */
function changesOf(monitor: StallMonitor, lags: readonly (readonly [nowMs: number, behindSinceMs: number])[]) {
  return lags.map(([nowMs, behindSinceMs]) => monitor.check({ nowMs, behindSinceMs, droppedBytes: nowMs }));
}

Deno.test("StallMonitor reports a disk that is behind for 2 s, once, and when it has caught up", () => {
  const reports = changesOf(new StallMonitor(0), [[500, 0], [1000, 0], [1500, 0], [2000, 0], [2500, 0], [
    3000,
    Infinity,
  ]]);
  assert.deepEqual(reports, [
    null,
    null,
    null,
    { kind: "stalled", sinceMs: 0 },
    null,
    { kind: "resumed", stalledMs: 3000, droppedBytes: 1000 },
  ]);
});

Deno.test("StallMonitor does not report a disk that catches up repeatedly", () => {
  const reports = changesOf(new StallMonitor(0), [[500, 0], [1000, 0], [1500, 1400], [2000, 1400], [2500, 2500]]);
  assert.deepEqual(reports, [null, null, null, null, null]);
});

Deno.test("StallMonitor does not report a disk as resumed while it is still behind", () => {
  const reports = changesOf(new StallMonitor(0), [[1000, 0], [2000, 0], [3000, 2000], [4000, 3900]]);
  assert.deepEqual(reports.map((report) => report?.kind ?? null), [null, "stalled", null, "resumed"]);
});

Deno.test("StallMonitor does not report the disk after this process itself was stopped", () => {
  const reports = changesOf(new StallMonitor(0), [[500, Infinity], [20_000, 500], [20_500, Infinity]]);
  assert.deepEqual(reports, [null, null, null]);
});
