import assert from "node:assert/strict";

import { tsText } from "../../mod/report/ts_text.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { MadeStream } from "../ts/made_stream.ts";

const healthy = new TsAnalyzer();
healthy.push(new MadeStream().second(0).bytes());
const HEALTH = healthy.report();

for (
  const [what, health, text] of [
    ["no analysis", null, null],
    ["a healthy stream", HEALTH, "TS ok"],
    ["one error", { ...HEALTH, patErrors: 1 }, "TS 1 error (PAT 1)"],
    ["several kinds", { ...HEALTH, continuityErrors: 7, syncLosses: 2 }, "TS 9 errors (sync lost 2, continuity 7)"],
    ["a damaged packet", { ...HEALTH, transportErrors: 1 }, "TS 1 error (marked as damaged 1)"],
    ["another format", { ...HEALTH, payload: "other", format: "FLV" }, "not TS, but FLV"],
    ["an unknown format", { ...HEALTH, payload: "other" }, "not TS"],
    [
      "204-byte packets",
      { ...HEALTH, format: "TS in 204-byte packets", packetBytes: 204 },
      "TS in 204-byte packets: ok",
    ],
    [
      "204-byte packets with an error",
      { ...HEALTH, format: "TS in 204-byte packets", packetBytes: 204, patErrors: 1 },
      "TS in 204-byte packets: 1 error (PAT 1)",
    ],
    [
      "a lasting loss of sync",
      { ...HEALTH, syncLosses: 1, syncLostSinceOffset: 1880 },
      "TS 1 error (sync lost 1), no TS from byte 1880 on",
    ],
    ["too few bytes", { ...HEALTH, payload: "unknown" }, null],
  ] as const
) {
  Deno.test(`tsText returns ${JSON.stringify(text)} for ${what}`, () => assert.equal(tsText(health), text));
}
