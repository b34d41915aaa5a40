/** Tests of mod/vocabulary/ts_health.ts: every report of the analysis matches the schema that all other code relies on. */
import { strictEqual } from "node:assert/strict";
import { Value } from "@sinclair/typebox/value";
import { TsAnalyzer } from "../../mod/ts/ts_analyzer.ts";
import { TsHealth } from "../../mod/vocabulary/ts_health.ts";
import { AUDIO_PID, MadeStream } from "../ts/made_stream.ts";

const analyzer = new TsAnalyzer();
analyzer.push(new MadeStream().second(0).packet(AUDIO_PID, { change: (packet) => packet[0] = 0 }).second(1000).bytes());
const HEALTH = analyzer.report();

Deno.test("TsHealth accepts the report of a stream with errors", () => {
  strictEqual(Value.Check(TsHealth, HEALTH), true);
});

Deno.test("TsHealth accepts the report of an empty stream", () => {
  strictEqual(Value.Check(TsHealth, new TsAnalyzer().report()), true);
});

for (const field of Object.keys(HEALTH)) {
  Deno.test(`TsHealth rejects a report without ${field}`, () => {
    strictEqual(Value.Check(TsHealth, { ...HEALTH, [field]: undefined }), false);
  });
}

for (
  const [what, changes] of [
    ["an unknown payload", { payload: "radio" }],
    ["a number as text", { errors: "1" }],
    ["a service without streams", { services: [{ ...HEALTH.services[0], streams: null }] }],
    ["a PID that is null", { pids: [{ ...HEALTH.pids[0], pid: null }] }],
    ["a first error without its offset", { first: { ...HEALTH.first, syncErrors: { pid: 0 } } }],
  ] as const
) {
  Deno.test(`TsHealth rejects a report with ${what}`, () => {
    strictEqual(Value.Check(TsHealth, { ...HEALTH, ...changes }), false);
  });
}
