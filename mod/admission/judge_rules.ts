/**
 * Judges a caller by the operator's rules: by its stream name, by its address, by the table of its stream.
 *
 * `mod/manual/admission.md` describes how rules decide.
 *
 * @module
 */

import { REJECTION } from "../packet/rejection_reason.ts";
import type { AdmissionPolicy, Rule, StreamTable } from "./policy.ts";
import { type Reject, reject } from "./verdict.ts";

/** The caller that is judged. */
export interface RuleSubject {
  /** Null if the caller sent none; rules then match against the empty text. */
  readonly stream: string | null;
  /** Numeric. */
  readonly address: string;
  /** The `[[stream]]` table of the name, or null. */
  readonly table: StreamTable | null;
}

/** A rejection, or the rules that the caller passed. */
export type RulesVerdict = Reject | { readonly kind: "pass"; readonly rule: string };

/** Judges by the rules alone. */
export function judgeRules(
  policy: Pick<AdmissionPolicy, "names" | "addresses">,
  { stream, address, table }: RuleSubject,
): RulesVerdict {
  const byAddress = decide(policy.addresses, { matches: ({ contains }) => contains(address), kind: "range" });
  if (!byAddress.isAllowed) {
    return reject(REJECTION.FORBIDDEN, {
      text: "its address is not allowed",
      advice: "to allow it, add --allow-from; the first rule that matches decides",
      rule: byAddress.rule,
    });
  }
  const byName = decide(policy.names, { matches: ({ matches }) => matches(stream ?? ""), kind: "pattern" });
  if (!byName.isAllowed) {
    return reject(REJECTION.FORBIDDEN, {
      text: stream === null ? "callers without a stream name are not allowed" : "its stream name is not allowed",
      advice: stream === null
        ? 'set a stream ID in the caller, or allow it with --allow "*"'
        : "to allow it, add --allow (the first rule that matches decides), or set another stream ID in the caller",
      rule: byName.rule,
    });
  }
  if (table?.from && !table.from.some(({ contains }) => contains(address))) {
    return reject(REJECTION.FORBIDDEN, {
      text: "its address may not use this stream name",
      advice: "to allow it, add its address to `from` of the stream",
      rule: table.source,
    });
  }
  const rules = [byAddress.rule, byName.rule].filter((rule) => rule !== null);
  return { kind: "pass", rule: rules.length === 0 ? "no rule forbids it" : rules.join(" and ") };
}

function decide<Test>(
  rules: readonly Rule<Test>[],
  { matches, kind }: { readonly matches: (test: Test) => boolean; readonly kind: string },
): { readonly isAllowed: boolean; readonly rule: string | null } {
  const first = rules.find(({ test }) => matches(test));
  if (first !== undefined) return { isAllowed: first.allow, rule: first.source };
  const options = new Set(rules.filter(({ allow }) => allow).map(({ option }) => option));
  if (options.size === 0) return { isAllowed: true, rule: null };
  return { isAllowed: false, rule: `${[...options].join(", ")}: no ${kind} matches` };
}
