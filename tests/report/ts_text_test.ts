import assert from "node:assert/strict";

import { tsText } from "../../mod/report/ts_text.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { MadeStream } from "../ts/made_stream.ts";

const healthy = new TsAnalyzer();
healthy.push(new MadeStream().second(0).bytes());
const HEALTH = healthy.report();

for (
  const [what, health, text] of [
    ["nothing", null, null],
    ["a healthy stream", HEALTH, "TS ok"],
    ["one error", { ...HEALTH, patErrors: 1 }, "TS 1 error (PAT 1)"],
    ["several kinds", { ...HEALTH, continuityErrors: 7, syncLosses: 2 }, "TS 9 errors (sync lost 2, continuity 7)"],
    ["a damaged packet", { ...HEALTH, transportErrors: 1 }, "TS 1 error (damaged by sender 1)"],
    ["another format", { ...HEALTH, payload: "other", format: "FLV" }, "no TS but FLV"],
    ["an unknown format", { ...HEALTH, payload: "other" }, "no TS"],
    ["too little", { ...HEALTH, payload: "unknown" }, null],
  ] as const
) {
  Deno.test(`tsText says ${JSON.stringify(text)} of ${what}`, () => assert.equal(tsText(health), text));
}
