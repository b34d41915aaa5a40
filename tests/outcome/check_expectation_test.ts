import assert from "node:assert/strict";

import { parseExpectation } from "../../mod/cli/parse_expectation.ts";
import { checkExpectation } from "../../mod/outcome/check_expectation.ts";
import { RunRecord } from "../../mod/outcome/run_record.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { CRASHED, END, REFUSED, START, STATISTICS } from "../report/events_of_a_run.ts";

const S2 = { session: "s2", stream: "cam2" };
const ONE = [START, END];
const TWO = [...ONE, { ...START, ...S2 }, { ...END, ...S2, bytes: 900, durationMs: 2000, statistics: null }];

const CASES: readonly (readonly [string, readonly SplitterEvent[], boolean, string])[] = [
  ["sessions=1", ONE, true, "1"],
  ["sessions=2", ONE, false, "1"],
  ["sessions>=2", TWO, true, "2"],
  ["sessions!=2", TWO, false, "2"],
  ["sessions<1", [], true, "0"],
  ["stream=cam1", ONE, true, "cam1"],
  ["stream=cam2", ONE, false, "cam1"],
  ["stream!=cam2", TWO, false, "cam1, cam2"],
  ["stream=cam1", [], false, "no session"],
  ["stream=x", [{ ...START, stream: null }], false, "a session without a stream name"],
  ["bytes>=10MB", ONE, true, "s1 (cam1) 37500000 B (37.5 MB)"],
  ["bytes>=10MB", TWO, false, "s2 (cam2) 900 B (900 B), s1 (cam1) 37500000 B (37.5 MB)"],
  ["bytes>=1", [], false, "no session"],
  ["bytes>=1", [START], false, "s1 (cam1) not known"],
  ["total-bytes=37500900", TWO, true, "37500900 B (37.5 MB)"],
  ["duration>=30s", ONE, true, "s1 (cam1) 3725 s"],
  ["duration<=1h", ONE, false, "s1 (cam1) 3725 s"],
  ["rate>80kbps", ONE, true, "s1 (cam1) 80537 bit/s (80.5 kbit/s)"],
  ["rate>=4Mbps", ONE, false, "s1 (cam1) 80537 bit/s (80.5 kbit/s)"],
  ["loss=12", ONE, true, "s1 (cam1) 12"],
  ["loss=0", ONE, false, "s1 (cam1) 12"],
  ["drop<=1", ONE, true, "s1 (cam1) 1"],
  ["drop=0", TWO, false, "s1 (cam1) 1, s2 (cam2) not known"],
  ["undecrypted=0", ONE, true, "s1 (cam1) 0"],
  ["ts-errors=0", ONE, false, "s1 (cam1) not analysed"],
  ["ts-errors=0", [START, { ...END, ts: { errors: 0 } } as SplitterEvent], true, "s1 (cam1) 0"],
  ["ts-errors=0", [START, { ...END, ts: { errors: 3 } } as SplitterEvent], false, "s1 (cam1) 3"],
  ["refused=3", [REFUSED], true, "3"],
  ["refused=0", [REFUSED], false, "3"],
  ["failed=0", [START, CRASHED], false, "1"],
  ["failed=0", [START], false, "1"],
  ["failed=0", ONE, true, "0"],
];

for (const [text, events, ok, seen] of CASES) {
  Deno.test(`checkExpectation: ${text} ${ok ? "holds" : "fails"} for ${seen}`, () => {
    const record = new RunRecord();
    for (const event of events) record.take(event);
    const result = checkExpectation(parseExpectation(text), record);
    assert.deepStrictEqual({ ok: result.ok, seen: result.seen }, { ok, seen });
  });
}

Deno.test("checkExpectation names at most five sessions", () => {
  const record = new RunRecord();
  for (let index = 1; index <= 7; index += 1) {
    record.take({ ...START, session: `s${index}`, stream: null });
    record.take({ ...END, session: `s${index}`, statistics: STATISTICS });
  }
  const { seen } = checkExpectation(parseExpectation("loss=12"), record);
  assert.strictEqual(seen, "s1 12, s2 12, s3 12, s4 12, s5 12 and 2 more");
});
