/**
 * Judges a caller by the operator's rules: by its stream name, by its address, by the table of its stream.
 *
 * Names and addresses are two lists, and a caller has to pass both. In each list the first match decides. If nothing matches, the
 * caller passes, unless the list contains an `allow` rule.
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
  const byAddress = decide(policy.addresses, ({ contains }) => contains(address));
  if (!byAddress.allow) {
    return reject(REJECTION.FORBIDDEN, {
      text: "its address is not allowed",
      advice: "if it should be, add it with --allow-from",
      rule: byAddress.rule ?? "--allow-from: no range matches",
    });
  }
  const byName = decide(policy.names, ({ matches }) => matches(stream ?? ""));
  if (!byName.allow) {
    return reject(REJECTION.FORBIDDEN, {
      text: stream === null ? "callers without a stream name are not allowed" : "its stream name is not allowed",
      advice: stream === null
        ? 'set a stream ID in the caller, or allow it with --allow "*"'
        : "add it with --allow, or set another stream ID in the caller",
      rule: byName.rule ?? "--allow: no pattern matches",
    });
  }
  if (table?.from && !table.from.some(({ contains }) => contains(address))) {
    return reject(REJECTION.FORBIDDEN, {
      text: "its address may not use this stream name",
      advice: "if it should, add its address to `from` of the stream",
      rule: table.source,
    });
  }
  const rules = [byAddress.rule, byName.rule].filter((rule) => rule !== null);
  return { kind: "pass", rule: rules.length === 0 ? "no rule forbids it" : rules.join(" and ") };
}

function decide<Test>(
  rules: readonly Rule<Test>[],
  matches: (test: Test) => boolean,
): { readonly allow: boolean; readonly rule: string | null } {
  const first = rules.find(({ test }) => matches(test));
  if (first !== undefined) return { allow: first.allow, rule: first.source };
  return { allow: !rules.some(({ allow }) => allow), rule: null };
}
