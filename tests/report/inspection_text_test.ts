import assert from "node:assert/strict";

import { inspectionText } from "../../mod/report/inspection_text.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";

Deno.test("inspectionText uses the singular for one packet, one jump and one PID", () => {
  const health = new TsAnalyzer().report();
  const pids = [{ pid: 256, packets: 1, continuityErrors: 0, scrambledPackets: 0, firstContinuityError: null }];
  const pcrPids = [{ pid: 256, count: 1, meanIntervalMs: 40, maxIntervalMs: 40, discontinuities: 1 }];
  const text = inspectionText("a.ts", { ...health, payload: "ts", packets: 1, errors: 1, pids, pidsTotal: 2, pcrPids });
  assert.match(text, /, 1 packet, .*, 1 first-priority error\n/);
  assert.match(text, /, 1 jump\n/);
  assert.match(text, /and 1 more PID with fewer packets\n/);
});

Deno.test("inspectionText names the format, and the bytes after a lasting loss of sync", () => {
  const ts = { payload: "ts", format: "TS in 204-byte packets", syncLostSinceOffset: 2040, bytes: 12_040 } as const;
  const text = inspectionText("a.ts", { ...new TsAnalyzer().report(), ...ts });
  assert.match(text, /^a\.ts: TS in 204-byte packets, 12\.0 kB, .*, no TS from byte 2040 on \(the last 10\.0 kB\)\n/);
});

for (
  const [payload, summary] of [["other", "no TS in 9 B; format: RTP\n"], [
    "unknown",
    "no TS in 9 B, which is too little to be sure; format: RTP\n",
  ]] as const
) {
  Deno.test(`inspectionText names the format if the payload is "${payload}"`, () => {
    assert.equal(
      inspectionText("a", { ...new TsAnalyzer().report(), payload, format: "RTP", bytes: 9 }),
      `a: ${summary}`,
    );
  });
}
