/**
 * The rules of `--allow`, `--deny`, `--allow-from` and `--deny-from`.
 *
 * @module
 */

import { type AddressRange, parseAddressRange } from "../admission/address_range.ts";
import { type NamePattern, parseNamePattern } from "../admission/name_pattern.ts";
import type { Rule } from "../admission/policy.ts";
import type { TypedOptions, TypedRule } from "./typed_options.ts";
import { UsageError } from "./usage_error.ts";

/** Both lists, each in the order in which its rules were written. */
export interface Rules {
  readonly names: readonly Rule<NamePattern>[];
  readonly addresses: readonly Rule<AddressRange>[];
}

/** Reads both lists. @throws {UsageError} */
export function parseRules(typed: Pick<TypedOptions, "allow" | "deny" | "allowFrom" | "denyFrom">): Rules {
  return {
    names: parseList(parseNamePattern, typed.allow, typed.deny),
    addresses: parseList(parseAddressRange, typed.allowFrom, typed.denyFrom),
  };
}

function parseList<Test>(
  parse: (text: string) => Test,
  allow: readonly TypedRule[] = [],
  deny: readonly TypedRule[] = [],
): readonly Rule<Test>[] {
  const all = [...allow.map((rule) => ({ ...rule, allow: true })), ...deny.map((rule) => ({ ...rule, allow: false }))];
  return all.sort((one, other) => one.order - other.order).map(({ allow, text, source, shown }) => {
    try {
      return { allow, test: parse(text), source };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new UsageError(`cannot use ${shown}: ${cause.message}`, {
        hint: "See: srt-splitter listen --help",
        cause,
      });
    }
  });
}
