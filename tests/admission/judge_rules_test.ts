/** Tests of mod/admission/judge_rules.ts as a table: rules as text, a caller, and what decides. */
import { deepStrictEqual } from "node:assert/strict";
import { parseAddressRange } from "../../mod/admission/address_range.ts";
import { judgeRules } from "../../mod/admission/judge_rules.ts";
import { parseNamePattern } from "../../mod/admission/name_pattern.ts";
import type { Rule } from "../../mod/admission/policy.ts";
import { termsOf } from "./policy_of.ts";

/** `+cam*` allows, `-cam*` denies; `+cam* in FILE` is in a file. */
function rulesOf<Test>(texts: readonly string[], parse: (text: string) => Test): readonly Rule<Test>[] {
  return texts.map((text) => {
    const [pattern = "", file = "the command line"] = text.slice(1).split(" in ");
    return { allow: text.startsWith("+"), test: parse(pattern), source: text, option: `${text.charAt(0)} in ${file}` };
  });
}

interface Case {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly from?: readonly string[];
  readonly stream: string | null;
  readonly address?: string;
  /** The rule, with `no: ` before it if the caller is refused. */
  readonly expected: string;
}

const CASES: readonly Case[] = [
  { stream: "cam", expected: "no rule forbids it" },
  { stream: null, expected: "no rule forbids it" },
  { names: ["+cam*"], stream: "cam", expected: "+cam*" },
  { names: ["+cam*"], stream: "dog", expected: "no: + in the command line: no pattern matches" },
  { names: ["+cam*"], stream: null, expected: "no: + in the command line: no pattern matches" },
  { names: ["-cat in a", "+cam1 in a", "+cam2 in a"], stream: "dog", expected: "no: + in a: no pattern matches" },
  { names: ["+cam1", "+cam2 in a"], stream: "dog", expected: "no: + in the command line, + in a: no pattern matches" },
  { names: ["+*"], stream: null, expected: "+*" },
  { names: ["-cam*"], stream: "dog", expected: "no rule forbids it" },
  { names: ["-cam*"], stream: "cam", expected: "no: -cam*" },
  { names: ["-cam1", "+cam*"], stream: "cam1", expected: "no: -cam1" },
  { names: ["+cam*", "-cam1"], stream: "cam1", expected: "+cam*" },
  { addresses: ["+192.0.2.0/24"], stream: "cam", expected: "+192.0.2.0/24" },
  {
    addresses: ["+192.0.2.0/24"],
    stream: "cam",
    address: "198.51.100.1",
    expected: "no: + in the command line: no range matches",
  },
  { addresses: ["+192.0.2.0/24"], stream: "cam", address: "::ffff:192.0.2.1", expected: "+192.0.2.0/24" },
  { addresses: ["-2001:db8::/32"], stream: "cam", address: "2001:db8::1", expected: "no: -2001:db8::/32" },
  { addresses: ["-0.0.0.0/0"], stream: "cam", address: "2001:db8::1", expected: "no rule forbids it" },
  { names: ["+cam"], addresses: ["+192.0.2.1"], stream: "cam", expected: "+192.0.2.1 and +cam" },
  { names: ["+cam"], addresses: ["-192.0.2.1"], stream: "cam", expected: "no: -192.0.2.1" },
  { from: ["192.0.2.0/24"], stream: "cam", expected: "no rule forbids it" },
  { from: ["198.51.100.0/24"], stream: "cam", expected: "no: table" },
];

for (const { names = [], addresses = [], from, stream, address = "192.0.2.1", expected } of CASES) {
  const rules = [...names, ...addresses, ...from ?? []].join(" ") || "no rules";
  const caller = `${stream ?? "no stream name"} from ${address}`;
  Deno.test(`judgeRules with ${rules} returns "${expected}" for ${caller}`, () => {
    const table = from === undefined
      ? null
      : { name: parseNamePattern("*"), as: null, from: from.map(parseAddressRange), terms: termsOf(), source: "table" };
    const policy = { names: rulesOf(names, parseNamePattern), addresses: rulesOf(addresses, parseAddressRange) };
    const verdict = judgeRules(policy, { stream, address, table });
    const answer = verdict.kind === "reject" ? [`no: ${verdict.rule}`, verdict.reason] : [verdict.rule, null];
    deepStrictEqual(answer, [expected, expected.startsWith("no:") ? 1403 : null]);
  });
}
