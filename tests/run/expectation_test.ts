import assert from "node:assert/strict";

import { parseExpectation } from "../../mod/cli/parse_expectation.ts";
import { checkExpectation } from "../../mod/run/expectation.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { ATTEMPT, CRASHED, END, PROVEN, REFUSED, START, STATISTICS } from "../report/events_of_a_run.ts";
import { stateOf } from "./state_of.ts";

const S2 = { session: "s2", stream: "cam2" };
const ONE = [START, PROVEN, END];
const TWO = [...ONE, { ...START, ...S2 }, { ...END, ...S2, bytes: 900, durationMs: 2000, statistics: null }];

/** A session whose end has other fields. */
function ending(changes: object): readonly SplitterEvent[] {
  return [START, PROVEN, { ...END, ...changes }];
}

/** A session whose TS health has these fields. */
function health(ts: object): readonly SplitterEvent[] {
  return ending({ ts });
}

const CASES: readonly (readonly [condition: string, events: readonly SplitterEvent[], ok: boolean, seen: string])[] = [
  ["sessions=1", ONE, true, "1"],
  ["sessions=2", ONE, false, "1"],
  ["sessions>=2", TWO, true, "2"],
  ["sessions!=2", TWO, false, "2"],
  ["sessions<1", [], true, "0"],
  ["sessions=1", [START, ATTEMPT], false, "0 and 1 attempt without payload"],
  ["sessions=1", [...ONE, { ...START, ...S2 }, { ...ATTEMPT, ...S2 }], true, "1 and 1 attempt without payload"],
  ["attempts=0", [START, ATTEMPT], false, "1"],
  ["attempts=0", ONE, true, "0"],
  ["stream=cam1", ONE, true, "cam1"],
  ["stream=cam2", ONE, false, "cam1"],
  ["stream!=cam2", TWO, false, "cam1, cam2"],
  ["stream=cam1", [], false, "no session"],
  ["stream=cam1", [START, ATTEMPT], false, "no session"],
  [
    "stream=x",
    ending({}).map((event) => ({ ...event, stream: null })) as SplitterEvent[],
    false,
    "a session without a stream name",
  ],
  ["bytes>=10MB", ONE, true, "s1 (cam1) 37500000 B (37.5 MB)"],
  ["bytes>=10MB", TWO, false, "s2 (cam2) 900 B (900 B), s1 (cam1) 37500000 B (37.5 MB)"],
  ["bytes>=1", [], false, "no session"],
  ["bytes>=1", [START, PROVEN], false, "s1 (cam1) unknown"],
  ["bytes>=1", [...ONE, { ...START, ...S2 }, { ...ATTEMPT, ...S2 }], true, "s1 (cam1) 37500000 B (37.5 MB)"],
  ["bytes<1GB", ending({ ...CRASHED, file: null, bytes: 0 }), false, "s1 (cam1) unknown"],
  ["bytes<1GB", ending(CRASHED), true, "s1 (cam1) 37500000 B (37.5 MB)"],
  ["total-bytes=37500900", TWO, true, "37500900 B (37.5 MB)"],
  ["total-bytes=0", [START, PROVEN], false, "unknown"],
  ["total-bytes=0", ending({ ...CRASHED, file: null, bytes: 0 }), false, "unknown"],
  ["duration>=30s", ONE, true, "s1 (cam1) 3725 s"],
  ["duration<=1h", ONE, false, "s1 (cam1) 3725 s"],
  ["rate>80kbps", ONE, true, "s1 (cam1) 80537 bit/s (80.5 kbit/s)"],
  ["rate>=4Mbps", ONE, false, "s1 (cam1) 80537 bit/s (80.5 kbit/s)"],
  ["rate<4Mbps", ending({ ...CRASHED, file: null }), false, "s1 (cam1) unknown"],
  ["loss=12", ONE, true, "s1 (cam1) 12"],
  ["loss=0", ONE, false, "s1 (cam1) 12"],
  ["loss>=0", ending({ statistics: null }), false, "s1 (cam1) unknown"],
  ["loss=12", ending({ ...CRASHED, statistics: STATISTICS }), false, "s1 (cam1) unknown"],
  ["drop<=1", ONE, true, "s1 (cam1) 1"],
  ["drop=0", TWO, false, "s1 (cam1) 1, s2 (cam2) unknown"],
  ["undecrypted=0", ONE, true, "s1 (cam1) 0"],
  ["undelivered=0", ending({ statistics: { ...STATISTICS, pktUndeliveredTotal: 0 } }), true, "s1 (cam1) 0"],
  ["undelivered=0", ending({ statistics: { ...STATISTICS, pktUndeliveredTotal: 7 } }), false, "s1 (cam1) 7"],
  ["undelivered=0", ONE, false, "s1 (cam1) unknown"],
  ["kernel-drop=0", ending({ statistics: { ...STATISTICS, pktKernelDropTotal: 0 } }), true, "s1 (cam1) 0"],
  ["kernel-drop=0", ending({ statistics: { ...STATISTICS, pktKernelDropTotal: 9951 } }), false, "s1 (cam1) 9951"],
  ["kernel-drop=0", ONE, false, "s1 (cam1) unknown"],
  ["ts-errors=0", ONE, false, "s1 (cam1) not analyzed"],
  ["ts-errors=0", health({ payload: "ts", errors: 0, syncLostSinceOffset: null }), true, "s1 (cam1) 0"],
  ["ts-errors=0", health({ payload: "ts", errors: 3, syncLostSinceOffset: null }), false, "s1 (cam1) 3"],
  [
    "ts-errors<9",
    health({ payload: "ts", errors: 3, syncLostSinceOffset: 188 }),
    false,
    "s1 (cam1) not a transport stream to the end",
  ],
  ["ts-errors=0", health({ payload: "other", errors: 0 }), false, "s1 (cam1) not a transport stream"],
  ["ts-errors=0", health({ payload: "unknown", errors: 0 }), false, "s1 (cam1) not a transport stream"],
  ["ts-errors=0", ending({ ...CRASHED, ts: { payload: "ts", errors: 0 } }), false, "s1 (cam1) unknown"],
  ["refused=3", [REFUSED], true, "3"],
  ["refused=0", [REFUSED], false, "3"],
  ["refused=0", [{ ...REFUSED, reason: 1503, byStop: true }], true, "0"],
  ["failed=0", [START, CRASHED], false, "1"],
  ["failed=0", [START], false, "1"],
  ["failed=0", ONE, true, "0"],
];

for (const [text, events, ok, seen] of CASES) {
  Deno.test(`checkExpectation: ${text} ${ok ? "holds" : "fails"} for ${seen}`, () => {
    const result = checkExpectation(parseExpectation(text), stateOf(events));
    assert.deepStrictEqual({ ok: result.ok, seen: result.seen }, { ok, seen });
  });
}

Deno.test("checkExpectation names at most five sessions", () => {
  const events = Array.from({ length: 7 }, (_, index) => {
    const session = `s${index + 1}`;
    return [{ ...START, session, stream: null }, { ...END, session, statistics: STATISTICS }];
  });
  const { seen } = checkExpectation(parseExpectation("loss=12"), stateOf(events.flat()));
  assert.strictEqual(seen, "s1 12, s2 12, s3 12, s4 12, s5 12 and 2 more");
});
