/** Tests of mod/handoff/ts_health_form.ts: the analysis makes it, the reporters rely on it, and no field may be missing. */
import { strictEqual } from "node:assert/strict";
import { tsHealth } from "../../mod/handoff/ts_health_form.ts";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { AUDIO_PID, MadeStream } from "../ts/made_stream.ts";

const analyzer = new TsAnalyzer();
analyzer.push(new MadeStream().second(0).packet(AUDIO_PID, { change: (packet) => packet[0] = 0 }).second(1000).bytes());
const HEALTH = analyzer.report();

Deno.test("tsHealth takes what the analysis says of a stream", () => {
  strictEqual(tsHealth(HEALTH), true);
});

Deno.test("tsHealth takes what the analysis says of nothing", () => {
  strictEqual(tsHealth(new TsAnalyzer().report()), true);
});

for (const field of Object.keys(HEALTH)) {
  Deno.test(`tsHealth refuses one without ${field}`, () => {
    strictEqual(tsHealth({ ...HEALTH, [field]: undefined }), false);
  });
}

for (
  const [what, changes] of [
    ["an unknown payload", { payload: "radio" }],
    ["a number as text", { errors: "1" }],
    ["a service without streams", { services: [{ ...HEALTH.services[0], streams: null }] }],
    ["a PID that is none", { pids: [{ ...HEALTH.pids[0], pid: null }] }],
    ["a first place without offset", { first: { ...HEALTH.first, syncErrors: { pid: 0 } } }],
  ] as const
) {
  Deno.test(`tsHealth refuses one with ${what}`, () => strictEqual(tsHealth({ ...HEALTH, ...changes }), false));
}
