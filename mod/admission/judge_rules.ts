/**
 * Whether the operator's rules let a caller in: by its stream name, by its address, by the table of its stream.
 *
 * Names and addresses are two lists, and a caller has to pass both. In each the first match decides; where nothing matches, a
 * caller gets in unless the list allows something: who lists what is allowed means nothing else.
 *
 * @module
 */

import { REJECTION } from "../packet/rejection_reason.ts";
import type { AdmissionPolicy, Rule, StreamTable } from "./policy.ts";
import { reject } from "./reject.ts";
import type { Reject } from "./verdict.ts";

/** What the rules look at. */
export interface RuleSubject {
  /** Null where the caller gave none; rules see the empty text then. */
  readonly stream: string | null;
  /** Numeric. */
  readonly address: string;
  /** The `[[stream]]` table of the name, or null. */
  readonly table: StreamTable | null;
}

/** A rejection, or which rules let the caller pass. */
export type RulesVerdict = Reject | { readonly kind: "pass"; readonly rule: string };

/** Judges by the rules alone. */
export function judgeRules(
  policy: Pick<AdmissionPolicy, "names" | "addresses">,
  { stream, address, table }: RuleSubject,
): RulesVerdict {
  const byAddress = decide(policy.addresses, ({ contains }) => contains(address));
  if (!byAddress.allow) {
    return reject(REJECTION.FORBIDDEN, {
      text: `its address is not allowed here`,
      advice: "let it in with --allow-from, where it belongs here",
      rule: byAddress.rule ?? "no --allow-from matches",
    });
  }
  const byName = decide(policy.names, ({ matches }) => matches(stream ?? ""));
  if (!byName.allow) {
    return reject(REJECTION.FORBIDDEN, {
      text: stream === null
        ? "callers without a stream name are not allowed here"
        : "its stream name is not allowed here",
      advice: stream === null
        ? 'give the caller a stream ID, or let it in with --allow "*"'
        : "let it in with --allow, or set another stream ID in the caller",
      rule: byName.rule ?? "no --allow matches",
    });
  }
  if (table?.from && !table.from.some(({ contains }) => contains(address))) {
    return reject(REJECTION.FORBIDDEN, {
      text: "its address may not use this stream name",
      advice: "add its address to `from` of the stream, where it belongs there",
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
