/** Tests of mod/admission/judge_srt_options.ts. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { judgeSrtOptions, optionsFor } from "../../mod/admission/judge_srt_options.ts";
import { parseNamePattern } from "../../mod/admission/name_pattern.ts";
import { termsFor } from "../../mod/admission/policy.ts";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import type { SessionOptions } from "../../mod/srt/session_option.ts";
import { policyOf, termsOf } from "./policy_of.ts";

const CALLER = { srtVersion: "1.4.1", packetFilter: null };
const TABLE = "[[stream]] on line 3 of splitter.toml";

/** The verdict on a caller with the stream name `cam1`. `ofTable`: the options of its `[[stream]]` table. */
function judge(
  caller: Parameters<typeof judgeSrtOptions>[0],
  srt: SessionOptions,
  ofTable: SessionOptions | null = null,
) {
  const name = parseNamePattern("cam1");
  const streams = ofTable === null
    ? []
    : [{ name, as: null, from: null, source: TABLE, terms: termsOf({ srt: ofTable }) }];
  return judgeSrtOptions(caller, termsFor(policyOf({ terms: termsOf({ srt }), streams }), parseStreamId("cam1")));
}

for (const [minversion, refused] of [[0x010401, false], [0x010402, true], [0x010500, true], [0, false]] as const) {
  Deno.test(`minversion 0x${minversion.toString(16)} ${refused ? "refuses" : "admits"} a caller with SRT 1.4.1`, () => {
    strictEqual(judge(CALLER, { minversion })?.reason ?? null, refused ? REJECTION.VERSION : null);
  });
}

Deno.test("minversion refuses a caller that sends no version", () => {
  match(judge({ ...CALLER, srtVersion: null }, { minversion: 0x010300 })?.text ?? "", /SRT of an unknown version/);
});

Deno.test("a packet filter that does not fit is refused, and the text names the difference", () => {
  const verdict = judge({ ...CALLER, packetFilter: "fec,cols:10" }, { packetfilter: "fec,cols:20" });
  strictEqual(verdict?.reason, REJECTION.FILTER);
  match(verdict?.text ?? "", /"fec,cols:10", cannot be used: cols is 10 in the caller and 20 in the listener$/);
  match(verdict?.advice ?? "", /to "fec,cols:20", or change that of the listener/);
});

Deno.test("a caller without a packet filter is admitted by a listener that has one, and gets the listener's", () => {
  strictEqual(judge(CALLER, { packetfilter: "fec,cols:20" }), null);
});

Deno.test("options of a stream table replace the general ones, and the rejection names the table", () => {
  strictEqual(judge(CALLER, { minversion: 0x010500 }, { minversion: 0x010400 }), null);
  const verdict = judge(CALLER, { minversion: 0 }, { minversion: 0x010500 });
  deepStrictEqual([verdict?.reason, verdict?.rule], [REJECTION.VERSION, TABLE]);
});

for (
  const [what, caller, packetfilter] of [
    ["that supports packet filters gets", { flags: 0xbf, packetFilter: null }, "fec,cols:10"],
    ["that sends one of its own gets", { flags: 0, packetFilter: "fec" }, "fec,cols:10"],
    ["that does not support packet filters does not get", { flags: 0x3f, packetFilter: null }, undefined],
  ] as const
) {
  Deno.test(`a caller ${what} the packet filter of the listener`, () => {
    const options = optionsFor(caller, { packetfilter: "fec,cols:10", fc: 32 });
    deepStrictEqual([options.packetfilter, options.fc], [packetfilter, 32]);
  });
}
