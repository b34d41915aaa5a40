/** Tests of mod/admission/judge_rules.ts as a table: rules as text, a caller, and what decides. */
import { deepStrictEqual } from "node:assert/strict";
import { parseAddressRange } from "../../mod/admission/address_range.ts";
import { judgeRules } from "../../mod/admission/judge_rules.ts";
import { parseNamePattern } from "../../mod/admission/name_pattern.ts";
import type { Rule } from "../../mod/admission/policy.ts";
import { termsOf } from "./policy_of.ts";

/** `+cam*` allows, `-cam*` denies. */
function rulesOf<Test>(texts: readonly string[], parse: (text: string) => Test): readonly Rule<Test>[] {
  return texts.map((text) => ({ allow: text.startsWith("+"), test: parse(text.slice(1)), source: text }));
}

interface Case {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly from?: readonly string[];
  readonly stream: string | null;
  readonly address?: string;
  /** The rule; where the caller is refused, `no` stands before it. */
  readonly says: string;
}

const CASES: readonly Case[] = [
  { stream: "cam", says: "no rule forbids it" },
  { stream: null, says: "no rule forbids it" },
  { names: ["+cam*"], stream: "cam", says: "+cam*" },
  { names: ["+cam*"], stream: "dog", says: "no: no --allow matches" },
  { names: ["+cam*"], stream: null, says: "no: no --allow matches" },
  { names: ["+*"], stream: null, says: "+*" },
  { names: ["-cam*"], stream: "dog", says: "no rule forbids it" },
  { names: ["-cam*"], stream: "cam", says: "no: -cam*" },
  { names: ["-cam1", "+cam*"], stream: "cam1", says: "no: -cam1" },
  { names: ["+cam*", "-cam1"], stream: "cam1", says: "+cam*" },
  { addresses: ["+192.0.2.0/24"], stream: "cam", says: "+192.0.2.0/24" },
  { addresses: ["+192.0.2.0/24"], stream: "cam", address: "198.51.100.1", says: "no: no --allow-from matches" },
  { addresses: ["+192.0.2.0/24"], stream: "cam", address: "::ffff:192.0.2.1", says: "+192.0.2.0/24" },
  { addresses: ["-2001:db8::/32"], stream: "cam", address: "2001:db8::1", says: "no: -2001:db8::/32" },
  { addresses: ["-0.0.0.0/0"], stream: "cam", address: "2001:db8::1", says: "no rule forbids it" },
  { names: ["+cam"], addresses: ["+192.0.2.1"], stream: "cam", says: "+192.0.2.1 and +cam" },
  { names: ["+cam"], addresses: ["-192.0.2.1"], stream: "cam", says: "no: -192.0.2.1" },
  { from: ["192.0.2.0/24"], stream: "cam", says: "no rule forbids it" },
  { from: ["198.51.100.0/24"], stream: "cam", says: "no: table" },
];

for (const { names = [], addresses = [], from, stream, address = "192.0.2.1", says } of CASES) {
  Deno.test(`judgeRules of ${[...names, ...addresses, ...from ?? []].join(" ")} says of ${stream} at ${address}: ${says}`, () => {
    const table = from === undefined
      ? null
      : { name: parseNamePattern("*"), from: from.map(parseAddressRange), terms: termsOf(), source: "table" };
    const policy = { names: rulesOf(names, parseNamePattern), addresses: rulesOf(addresses, parseAddressRange) };
    const verdict = judgeRules(policy, { stream, address, table });
    const said = verdict.kind === "reject" ? [`no: ${verdict.rule}`, verdict.reason] : [verdict.rule, null];
    deepStrictEqual(said, [says, says.startsWith("no:") ? 1403 : null]);
  });
}
