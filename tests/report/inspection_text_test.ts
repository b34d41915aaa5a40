import assert from "node:assert/strict";

import { inspectionText } from "../../mod/report/inspection_text.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";

Deno.test("inspectionText counts one packet, one jump and one PID as one", () => {
  const health = new TsAnalyzer().report();
  const pids = [{ pid: 256, packets: 1, continuityErrors: 0, scrambledPackets: 0, firstContinuityError: null }];
  const pcrPids = [{ pid: 256, count: 1, meanIntervalMs: 40, maxIntervalMs: 40, discontinuities: 1 }];
  const text = inspectionText("a.ts", { ...health, payload: "ts", packets: 1, errors: 1, pids, pidsTotal: 2, pcrPids });
  assert.match(text, /, 1 packet, .*, 1 first-priority error\n/);
  assert.match(text, /, 1 jump\n/);
  assert.match(text, /and 1 more PID with fewer packets\n/);
});
