import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { describeRejection, REJECTION } from "../../mod/packet/rejection_reason.ts";

/** All codes of libsrt 1.5.5: srtcore/srt.h, and access_control.h without those in comments. */
const NAMES_OF_SRT_H = "UNKNOWN SYSTEM PEER RESOURCE ROGUE BACKLOG IPE CLOSE VERSION RDVCOOKIE BADSECRET UNSECURE " +
  "MESSAGEAPI CONGESTION FILTER GROUP TIMEOUT CRYPTO";
const NAMES_OF_ACCESS_CONTROL_H = "1000 FALLBACK 1001 KEY_NOTSUP 1002 FILEPATH 1003 HOSTNOTFOUND 1400 BAD_REQUEST " +
  "1401 UNAUTHORIZED 1402 OVERLOAD 1403 FORBIDDEN 1404 NOTFOUND 1405 BAD_MODE 1406 UNACCEPTABLE 1409 CONFLICT " +
  "1415 NOTSUP_MEDIA 1423 LOCKED 1424 FAILED_DEPEND 1500 ISE 1501 UNIMPLEMENTED 1502 GW 1503 DOWN 1505 VERSION " +
  "1507 NOROOM";

Deno.test("describeRejection names codes 0 to 17 as srt.h does", () => {
  const names = NAMES_OF_SRT_H.split(" ").map((name) => `SRT_REJ_${name}`);
  deepStrictEqual(names.map((_, code) => describeRejection(code).name), names);
});

Deno.test("describeRejection names predefined codes as access_control.h does", () => {
  const pairs = [...NAMES_OF_ACCESS_CONTROL_H.matchAll(/(\d+) (\w+)/g)];
  deepStrictEqual(
    pairs.map(([, code]) => [code, describeRejection(Number(code)).name]),
    pairs.map(([, code, name]) => [code, `SRT_REJX_${name}`]),
  );
});

Deno.test("describeRejection returns a description", () => {
  deepStrictEqual(describeRejection(1403), { code: 1403, name: "SRT_REJX_FORBIDDEN", text: "not allowed" });
});

for (
  const [code, name] of [
    [2000, "SRT_REJC_USERDEFINED+0"],
    [2042, "SRT_REJC_USERDEFINED+42"],
    [1999, "SRT_REJC_PREDEFINED+999"],
    [18, "SRT_REJ_UNKNOWN"],
    [-1, "SRT_REJ_UNKNOWN"],
    [NaN, "SRT_REJ_UNKNOWN"],
  ] as const
) {
  Deno.test(`describeRejection names the unlisted code ${code}`, () => strictEqual(describeRejection(code).name, name));
}

Deno.test("REJECTION has the codes under their official names", () => {
  for (const [name, code] of Object.entries(REJECTION)) {
    strictEqual(describeRejection(code).name, `${code < 1000 ? "SRT_REJ" : "SRT_REJX"}_${name}`);
  }
});
