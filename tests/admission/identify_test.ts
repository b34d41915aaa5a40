/** Tests of mod/admission/identify.ts: names for stream keys. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { identify } from "../../mod/admission/identify.ts";
import { parseNamePattern } from "../../mod/admission/name_pattern.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import { policyOf, termsOf } from "./policy_of.ts";

const KEY = "sk_7f3a91c2";

const POLICY = policyOf({
  streams: [["sk_7f3a*", "cam1"], ["*", null]].map(([name, as]) => ({
    name: parseNamePattern(name ?? ""),
    as: as ?? null,
    from: null,
    terms: termsOf(),
    source: `[[stream]] ${as}`,
  })),
});

for (
  const text of [
    KEY,
    ` /${KEY}/`,
    "%73k_7f3a91c2",
    `#!::r=${KEY},m=publish`,
    `#!::u=${KEY}`,
    `#!::u=/${KEY}/`,
    `publish:${KEY}:anna:x`,
  ]
) {
  Deno.test(`the stream key in ${JSON.stringify(text)} is replaced by the value of \`as\` in its table everywhere except in streamKey`, () => {
    const { streamKey, ...rest } = identify(POLICY, text);
    deepStrictEqual([streamKey, rest.name, rest.masked], [KEY, "cam1", "cam1"]);
    strictEqual(JSON.stringify([rest, [...rest.keys]]).includes(KEY), false);
  });
}

Deno.test("a stream ID without a stream key stays as it is", () => {
  deepStrictEqual(identify(POLICY, "#!::r=roof,u=anna"), parseStreamId("#!::r=roof,u=anna"));
});
